package app_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tillgate/tillgate/server/internal/auth"
)

// root is the top of the repository.
const root = "../../.."

// block is a fenced block of the README.
type block struct{ language, text string }

func readme(t *testing.T) []block {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var blocks []block
	for _, m := range regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$").FindAllStringSubmatch(string(data), -1) {
		blocks = append(blocks, block{m[1], m[2]})
	}
	return blocks
}

// grpcurl builds the grpcurl of the tools module, which .ci/run downloads.
func grpcurl(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-modfile=.tools/buf/go.mod", "-o", dir,
		"github.com/fullstorydev/grpcurl/cmd/grpcurl")
	build.Dir = root
	build.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=mod")
	if out, err := build.CombinedOutput(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("build grpcurl: %v\n%s", err, out)
		}
		t.Skip("grpcurl is not in the module cache; get it with: (cd .tools/buf && go mod download)")
	}
	return dir
}

// What the README shows is what happens: its commands run in its order, and answer what it says they answer.
func TestReadmeCommands(t *testing.T) {
	tools := grpcurl(t)
	p := startSandboxed(t)
	t.Setenv("TILLGATE_ADDR", p.addr)
	operations := regexp.MustCompile(`(?m)^go run \./server operations`)
	ports := strings.NewReplacer("127.0.0.1:50051", p.addr, "http://127.0.0.1:12111", p.sandboxURL)

	blocks := readme(t)
	if first := firstCommand(blocks); !strings.Contains(p.stdout.String(), ports.Replace(first)) {
		t.Errorf("the server prints\n%s\nwant the first call of the README in it:\n%s", p.stdout, first)
	}
	if want := tailCommand + " --addr " + p.addr + "\n"; !strings.Contains(p.stdout.String(), want) {
		t.Errorf("the server prints\n%s\nwant how to watch events in it: %s", p.stdout, want)
	}
	ran, compared, lastAnswer, session := 0, 0, "", ""
	for i, b := range blocks {
		switch {
		case b.language == "sh" && strings.HasPrefix(b.text, "grpcurl"):
			lastAnswer = shell(t, tools, ports.Replace(b.text))
			ran++
			if next := blocks[i+1]; next.language != "sh" {
				if diff := cmp.Diff(steady(next.text), steady(lastAnswer)); diff != "" {
					t.Errorf("the README shows another answer (-README +answer) to\n%s\n%s", b.text, diff)
				}
				compared++
			}
		case b.language == "json" && strings.Contains(b.text, `"replayed"`):
			// "Send the same line again": the last command, once more.
			again := shell(t, tools, ports.Replace(blocks[i-2].text))
			if !strings.HasSuffix(again, b.text) || steady(strings.Replace(again, ",\n"+b.text, "\n}\n", 1)) != steady(lastAnswer) {
				t.Errorf("the same line again answers %s, want the payment and then %s", again, b.text)
			}
			compared++
		case b.language == "json" && strings.Contains(b.text, `"callers"`):
			if _, err := auth.ParseCallers([]byte(b.text)); err != nil {
				t.Errorf("the callers file of the README: %v", err)
			}
			compared++
		case b.language == "sh" && strings.HasPrefix(b.text, tailCommand):
			watchTail(t, p, b.text, blocks[i+1].text, func() {
				again := strings.Replace(firstCommand(blocks), "order-1001-attempt-1", "order-1003-attempt-1", 1)
				shell(t, tools, ports.Replace(again))
			})
			ran++
			compared++
		case b.language == "sh" && operations.MatchString(b.text):
			out := shell(t, tools, operations.ReplaceAllString(b.text, serverBinary(t)+" operations"))
			if !strings.Contains(out, " CreatePayment ") || !strings.HasSuffix(out, blocks[i+1].text) {
				t.Errorf("%s\nprints\n%s\nwant the payments of above, and for those that are unknown\n%s", b.text, out, blocks[i+1].text)
			}
			ran++
			compared++
		case b.language == "sh" && strings.Contains(b.text, "$(tillgate "):
			// A block goes on in the shell of those before it.
			session += ports.Replace(b.text)
			out := shell(t, tools, session)
			if !strings.HasSuffix(out, blocks[i+1].text) {
				t.Errorf("%s\nprints\n%s\nwant\n%s", session, out, blocks[i+1].text)
			}
			ran++
			compared++
		case b.language == "sh" && strings.Contains(b.text, "clock/advance"):
			if out := shell(t, tools, ports.Replace(b.text)); !strings.Contains(out, `"now"`) {
				t.Errorf("%s answers %s, want the time", b.text, out)
			}
			ran++
		case b.language == "sh" && strings.HasPrefix(b.text, "curl"):
			if out := shell(t, tools, ports.Replace(b.text)); !strings.Contains(out, `"amount": 2000`) {
				t.Errorf("%s answers %s, want the charge", b.text, out)
			}
			ran++
		}
	}
	if ran != 11 || compared != 11 {
		t.Errorf("%d commands ran and %d blocks were compared, want 11 and 11: the README has others than this test knows", ran, compared)
	}
}

func firstCommand(blocks []block) string {
	for _, b := range blocks {
		if strings.HasPrefix(b.text, "grpcurl") {
			return b.text
		}
	}
	return "no grpcurl line"
}

// shell runs a command and returns what it prints; a failed call is an answer too.
func shell(t *testing.T, path, command string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "PATH="+path+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState.ExitCode() < 64 {
		t.Errorf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}

// steady replaces what is new at every run: ids, times, and what follows from the date.
func steady(answer string) string {
	for _, r := range []struct{ pattern, by string }{
		{`\b(pi|ch|pm|txn|req|op)_[A-Za-z0-9]+`, "${1}_..."},
		{`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`, "TIME"},
		{`("receiptUrl": )"[^"]*"`, `$1"URL"`},
		{`("fingerprint": )"[^"]*"`, `$1"FINGERPRINT"`},
		{`("requestId": )"[^"]*"`, `$1"ID"`},
		{`("expiry(Month|Year)": )\d+`, "${1}0"},
	} {
		answer = regexp.MustCompile(r.pattern).ReplaceAllString(answer, r.by)
	}
	return answer
}

// The Go of the README is an example of the client, which is a test.
func TestReadmeGo(t *testing.T) {
	examples, err := os.ReadFile(filepath.Join(root, "client", "example_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, b := range readme(t) {
		if b.language != "go" {
			continue
		}
		shown++
		indented := regexp.MustCompile(`(?m)^(.)`).ReplaceAllString(b.text, "\t$1")
		if !strings.Contains(string(examples), indented) {
			t.Errorf("client/example_test.go does not hold what the README shows:\n%s", b.text)
		}
	}
	if shown != 2 {
		t.Errorf("the README shows %d examples in Go, want 2", shown)
	}
}

// A client in another language comes out of the image as the README says. It runs with the plugin for Go in place of the
// one for TypeScript, which is no Go program.
func TestReadmeOtherLanguages(t *testing.T) {
	if os.Getenv("CI") == "" {
		t.Skip("buf takes minutes to build; run it with: CI=true go test -run OtherLanguages ./server/internal/app")
	}
	command := ""
	for _, b := range readme(t) {
		if b.language == "sh" && strings.HasPrefix(b.text, "buf generate") {
			command = b.text
		}
	}
	out := t.TempDir()
	for _, r := range [][2]string{
		{"buf generate", "go tool -modfile=.tools/buf/go.mod buf generate"},
		{`"protoc-gen-es"`, `["go","tool","protoc-gen-go"],"opt":"paths=source_relative"`},
		{`"version":"v2"`, `"version":"v2","managed":{"enabled":true,"override":[` +
			`{"file_option":"go_package_prefix","value":"example.com/gen"}]}`},
		{`"client-es"`, `"` + out + `"`},
	} {
		if !strings.Contains(command, r[0]) {
			t.Fatalf("the README's command %q has no %s", command, r[0])
		}
		command = strings.Replace(command, r[0], r[1], 1)
	}
	shell(t, os.Getenv("PATH"), command)
	for _, file := range []string{"payments/v1/payment_service.pb.go", "google/rpc/error_details.pb.go"} {
		if _, err := os.Stat(filepath.Join(out, file)); err != nil {
			t.Errorf("%s was not generated: %v", file, err)
		}
	}
}

// The two commands that a newcomer needs stand in the README as they are, and .ci/run calls the second.
func TestReadmeSetUp(t *testing.T) {
	var commands []string
	for _, b := range readme(t) {
		if b.language == "sh" {
			commands = append(commands, strings.TrimSpace(b.text))
		}
	}
	all := "\n" + strings.Join(commands, "\n") + "\n"
	for _, want := range []string{"go run ./server --sandbox", "go test ./..."} {
		if !strings.Contains(all, "\n"+want+"\n") {
			t.Errorf("the README does not show %q", want)
		}
	}
	ci, err := os.ReadFile(filepath.Join(root, ".ci", "run"))
	if err != nil || !strings.Contains(string(ci), "\ngo test ./...\n") {
		t.Errorf(".ci/run does not call the README's test command: %v", err)
	}
}
