package auth_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/auth"
)

var update = flag.Bool("update", false, "write the golden files anew")

// services are all of the contract, by name.
func services() []protoreflect.ServiceDescriptor {
	var all []protoreflect.ServiceDescriptor
	protoregistry.GlobalFiles.RangeFilesByPackage("payments.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			all = append(all, file.Services().Get(i))
		}
		return true
	})
	sort.Slice(all, func(i, j int) bool { return all[i].FullName() < all[j].FullName() })
	return all
}

// A change of rights must be seen in review: this table is a file.
func TestScopesAreAsWritten(t *testing.T) {
	policy, err := auth.NewPolicy(services()...)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, service := range services() {
		for i := range service.Methods().Len() {
			name := fmt.Sprintf("/%s/%s", service.FullName(), service.Methods().Get(i).Name())
			scope, ok := policy.Required(name)
			if !ok {
				t.Errorf("%s is unknown to the policy", name)
			}
			lines = append(lines, name+" "+apierr.ShortScope(scope))
		}
	}
	sort.Strings(lines)
	got := strings.Join(lines, "\n") + "\n"

	golden := filepath.Join("testdata", "scopes.golden")
	if *update {
		if os.Getenv("CI") != "" {
			t.Fatal("golden files are not written in CI")
		}
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the scopes changed; run go test ./server/internal/auth -update if that is meant.\ngot:\n%s\nwant:\n%s", got, want)
	}
}

// Every scope is required by an rpc, but those that widen what an rpc answers; each of these is checked where it says.
func TestEveryScopeIsUsed(t *testing.T) {
	used := map[paymentsv1.Scope]bool{
		paymentsv1.Scope_SCOPE_UNSPECIFIED:         true,
		paymentsv1.Scope_SCOPE_DECLINES_READ_ALL:   true, // interceptor/declines.go
		paymentsv1.Scope_SCOPE_OPERATIONS_READ_ALL: true, // service/operations.go
	}
	policy, err := auth.NewPolicy(services()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range services() {
		for i := range service.Methods().Len() {
			scope, _ := policy.Required(fmt.Sprintf("/%s/%s", service.FullName(), service.Methods().Get(i).Name()))
			used[scope] = true
		}
	}
	for number, name := range paymentsv1.Scope_name {
		if !used[paymentsv1.Scope(number)] {
			t.Errorf("no rpc requires %s", name)
		}
	}
}

// An rpc without a scope stops the server from starting.
func TestA05_RpcWithoutScopeIsRefused(t *testing.T) {
	file := protodesc.ToFileDescriptorProto(paymentsv1.File_payments_v1_payment_service_proto)
	file = proto.CloneOf(file)
	for _, method := range file.GetService()[0].GetMethod() {
		if method.GetName() == "GetPayment" || method.GetName() == "CreateRefund" {
			method.Options = &descriptorpb.MethodOptions{}
		}
	}
	changed, err := protodesc.NewFile(file, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	_, err = auth.NewPolicy(changed.Services().Get(0))
	if err == nil {
		t.Fatal("a service with rpcs that lack a scope was accepted")
	}
	for _, want := range []string{"PaymentService.GetPayment has no", "PaymentService.CreateRefund has no"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want it to say %q", err, want)
		}
	}
}

func TestPolicyKnowsNothingElse(t *testing.T) {
	policy, err := auth.NewPolicy(services()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{
		"", "/", "payments.v1.PaymentService/GetPayment", "/payments.v1.PaymentService/getPayment",
		"/payments.v1.PaymentService/GetPayment/", "//payments.v1.PaymentService/GetPayment", "/payments.v1.PaymentService/",
	} {
		if scope, ok := policy.Required(method); ok {
			t.Errorf("Required(%q) = %v, want it to be unknown", method, scope)
		}
	}
}
