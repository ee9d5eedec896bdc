package config

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

var update = flag.Bool("update", false, "write the table of the README anew")

// The table of settings in the README follows from the flags, and cannot say anything else.
func TestReadmeTable(t *testing.T) {
	parser, err := kong.New(&flags{}, kong.DefaultEnvars("TILLGATE"))
	if err != nil {
		t.Fatal(err)
	}
	rows := []string{"| flag | variable | what it sets |", "|---|---|---|"}
	for _, command := range parser.Model.Children {
		if command.Name != "serve" {
			continue
		}
		for _, f := range command.Flags {
			help := strings.ReplaceAll(f.Help, "${default}", "`"+f.Default+"`")
			rows = append(rows, fmt.Sprintf("| `--%s` | `%s` | %s |", f.Name, strings.Join(f.Envs, "`, `"), help))
		}
	}
	want := strings.Join(rows, "\n") + "\n"

	path := filepath.Join("..", "..", "..", "README.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	section := regexp.MustCompile(`(?s)<!-- settings -->\n(.*?)<!-- /settings -->`)
	match := section.FindSubmatch(text)
	switch {
	case match == nil:
		t.Fatal("the README has no section settings")
	case string(match[1]) == want:
	case !*update || os.Getenv("CI") != "":
		t.Errorf("the table is not what the flags say; run go test ./server/internal/config -run Readme -update. Want:\n%s", want)
	default:
		anew := section.ReplaceAllLiteral(text, []byte("<!-- settings -->\n"+want+"<!-- /settings -->"))
		if err := os.WriteFile(path, anew, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
