package app_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

var update = flag.Bool("update", false, "write the tables of the README anew")

// The tables of the README follow from the contract, and cannot say anything else.
func TestReadmeTables(t *testing.T) {
	rpcs, reasons := tables(t)
	for name, rows := range map[string][]string{"rpcs": rpcs, "errors": reasons} {
		section := regexp.MustCompile(`(?s)(<!-- ` + name + ` -->\n)(.*?)(<!-- /` + name + ` -->)`)
		path := filepath.Join(root, "README.md")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		match := section.FindSubmatch(text)
		if match == nil {
			t.Fatalf("the README has no section %s", name)
		}
		want := strings.Join(rows, "\n") + "\n"
		if string(match[2]) == want {
			continue
		}
		if !*update || os.Getenv("CI") != "" {
			t.Errorf("the table %s is not what the contract says; run go test ./server/internal/app -run Readme -update. Want:\n%s",
				name, want)
			continue
		}
		anew := section.ReplaceAllLiteral(text, []byte("<!-- "+name+" -->\n"+want+"<!-- /"+name+" -->"))
		if err := os.WriteFile(path, anew, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// tables makes the rows from the image of the contract, which holds its comments.
func tables(t *testing.T) (rpcs, reasons []string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "gen", "payments.binpb"))
	if err != nil {
		t.Fatal(err)
	}
	var image descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(data, &image); err != nil {
		t.Fatal(err)
	}
	rpcs = []string{"| rpc | scope | what it does |", "|---|---|---|"}
	reasons = []string{"| reason | gRPC code | what happened |", "|---|---|---|"}
	for _, file := range image.GetFile() {
		if file.GetPackage() != "payments.v1" {
			continue
		}
		comments := map[string]string{}
		for _, location := range file.GetSourceCodeInfo().GetLocation() {
			comments[fmt.Sprint(location.GetPath())] = location.GetLeadingComments()
		}
		for i, service := range file.GetService() {
			for j, method := range service.GetMethod() {
				scope, _ := proto.GetExtension(method.GetOptions(), paymentsv1.E_RequiredScope).(paymentsv1.Scope)
				rpcs = append(rpcs, fmt.Sprintf("| %s.%s | %s | %s |", service.GetName(), method.GetName(), apierr.ShortScope(scope),
					sentence(comments[fmt.Sprint([]int32{6, int32(i), 2, int32(j)})], 0)))
			}
		}
		for i, enum := range file.GetEnumType() {
			if enum.GetName() != "ErrorReason" {
				continue
			}
			for j, value := range enum.GetValue()[1:] {
				// The comment begins with the code, which the table has in a column of its own.
				text := comments[fmt.Sprint([]int32{5, int32(i), 2, int32(j + 1)})]
				reason := paymentsv1.ErrorReason(value.GetNumber())
				reasons = append(reasons, fmt.Sprintf("| %s | %s | %s |", apierr.ShortReason(reason), sentence(text, 0), sentence(text, 1)))
			}
		}
	}
	return rpcs, reasons
}

// sentence returns a sentence of a comment, without the line breaks.
func sentence(comment string, n int) string {
	sentences := strings.SplitN(strings.Join(strings.Fields(comment), " ")+" ", ". ", n+2)
	if n >= len(sentences) {
		return ""
	}
	return sentences[n]
}
