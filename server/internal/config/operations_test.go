package config_test

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/config"
)

const (
	pending = paymentsv1.OperationState_OPERATION_STATE_PENDING
	unknown = paymentsv1.OperationState_OPERATION_STATE_UNKNOWN
)

var opID = "op_" + strings.Repeat("a2", 26)

func TestOperations(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want config.Operations
	}{
		{"list", []string{"list"}, config.Operations{List: &config.ListOperations{Limit: 50}}},
		{
			"list some",
			[]string{
				"list", "--state", "pending,UNKNOWN", "--state", "pending", "--caller", "checkout", "--older-than", "15m",
				"--younger-than", "24h", "--limit", "0", "--json",
			},
			config.Operations{List: &config.ListOperations{
				States: []paymentsv1.OperationState{pending, unknown}, Caller: "checkout",
				OlderThan: 15 * time.Minute, YoungerThan: 24 * time.Hour, JSON: true,
			}},
		},
		{"show", []string{"show", opID}, config.Operations{Show: &config.ShowOperation{ID: opID}}},
		{"show JSON", []string{"show", "--json", opID}, config.Operations{Show: &config.ShowOperation{ID: opID, JSON: true}}},
		{
			"it took effect",
			[]string{"resolve", opID, "--object-id", "pi_1", "--note", "seen in the dashboard"},
			config.Operations{Resolve: &config.ResolveOperation{ID: opID, ObjectID: "pi_1", Note: "seen in the dashboard"}},
		},
		{
			"it did nothing",
			[]string{"resolve", opID, "--not-done", "--note", "Stripe says so"},
			config.Operations{Resolve: &config.ResolveOperation{ID: opID, NotDone: true, Note: "Stripe says so"}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			environment(t, nil)
			got, err := config.Parse(append([]string{"operations"}, tt.args...), &bytes.Buffer{})
			if err != nil || got.Serve != nil || got.Operations == nil {
				t.Fatalf("got %+v, %v", got, err)
			}
			way := got.Operations.Connection
			if way.Addr != "127.0.0.1:50051" || way.TLS != nil || way.Timeout != 10*time.Second || way.Token.Reveal() != "sandbox" {
				t.Errorf("the way is %+v", way)
			}
			got.Operations.Connection = config.Connection{}
			if diff := cmp.Diff(&tt.want, got.Operations, cmp.AllowUnexported(config.Token{})); diff != "" {
				t.Errorf("it is read otherwise (-want +got):\n%s", diff)
			}
		})
	}
}

// testCertificate is a certificate in PEM.
func testCertificate(t *testing.T) string {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

func TestConnections(t *testing.T) {
	certificate := write(t, "ca.pem", testCertificate(t), 0o600)
	for _, tt := range []struct {
		name  string
		args  []string
		env   map[string]string
		check func(config.Connection) bool
	}{
		{"localhost", []string{"--addr", "localhost:1"}, nil, func(c config.Connection) bool {
			return c.TLS == nil && c.Token.Reveal() == "sandbox"
		}},
		{"IPv6", []string{"--addr", "[::1]:1"}, nil, func(c config.Connection) bool { return c.TLS == nil }},
		{
			"another machine",
			[]string{"--addr", "tillgate.internal:443"},
			map[string]string{config.TokenVariable: "mine"},
			func(c config.Connection) bool {
				return c.TLS != nil && c.TLS.RootCAs == nil && c.Token.Reveal() == "mine"
			},
		},
		{
			"another machine in the clear",
			[]string{"--addr", "tillgate.internal:443", "--insecure"},
			map[string]string{config.TokenVariable: "mine"},
			func(c config.Connection) bool { return c.TLS == nil },
		},
		{
			"an authority",
			[]string{"--tls-ca", certificate, "--timeout", "1s"},
			nil,
			func(c config.Connection) bool {
				return c.TLS != nil && c.TLS.RootCAs != nil && c.Timeout == time.Second
			},
		},
		{
			"a token from a file",
			[]string{"--token-file", write(t, "token", " mine\r\n", 0o600)},
			nil,
			func(c config.Connection) bool { return c.Token.Reveal() == "mine" },
		},
		{"by the environment", nil, map[string]string{"TILLGATE_ADDR": "localhost:2"}, func(c config.Connection) bool {
			return c.Addr == "localhost:2"
		}},
		// A server without TLS says nothing of how an operator reaches another one.
		{
			"the server's variables",
			[]string{"--addr", "tillgate.internal:443"},
			map[string]string{"TILLGATE_INSECURE": "true", config.TokenVariable: "mine"},
			func(c config.Connection) bool { return c.TLS != nil },
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			environment(t, tt.env)
			for _, args := range [][]string{
				append(append([]string{"operations"}, tt.args...), "list"), append([]string{"operations", "list"}, tt.args...),
			} {
				got, err := config.Parse(args, &bytes.Buffer{})
				if err != nil || !tt.check(got.Operations.Connection) {
					t.Errorf("%q: got %+v, %v", args, got.Operations, err)
				}
			}
		})
	}
}

func TestOperationsFaults(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want []string
	}{
		{"nothing", nil, []string{"list", "show", "resolve"}},
		{
			"every fault at once",
			[]string{
				"list", "--addr", "tillgate.internal", "--timeout", "0s", "--limit=-1", "--state", "lost,unspecified",
				"--older-than", "2h", "--younger-than", "1h",
			},
			[]string{
				"--addr must be HOST:PORT", "--timeout must be longer", "no token", "--limit must not", `no state "lost"`,
				`no state "unspecified"`, "nothing is both",
			},
		},
		{"no host", []string{"list", "--addr", ":50051"}, []string{"--addr must name a host"}},
		{"no age", []string{"list", "--older-than=-1m"}, []string{"must not be negative"}},
		{"the same age", []string{"list", "--older-than=1m", "--younger-than=1m"}, []string{"nothing is both"}},
		{"no token", []string{"list", "--addr", "10.0.0.1:1"}, []string{"no token: set TILLGATE_TOKEN or --token-file"}},
		{"no such token", []string{"list", "--token-file", "/no/canary"}, []string{"--token-file: no such file"}},
		{"an empty token", []string{"list", "--token-file", write(t, "t", "\n", 0o600)}, []string{"the token is empty"}},
		{"two lines", []string{"list", "--token-file", write(t, "t", "canary\ncanary", 0o600)}, []string{"another character"}},
		{"no authority", []string{"list", "--tls-ca", "/no/ca"}, []string{"--tls-ca: open /no/ca"}},
		{"no certificate", []string{"list", "--tls-ca", write(t, "ca", "canary", 0o600)}, []string{"no PEM certificate"}},
		{"TLS and none", []string{"list", "--tls-ca", "/no/ca", "--insecure"}, []string{"choose one"}},
		{"token as a flag", []string{"list", "--token=canary"}, []string{"unknown flag --token"}},
		{"no operation", []string{"show"}, []string{"<id>"}},
		{"no id", []string{"show", "pi_1"}, []string{"the operation must be op_"}},
		{"nothing to say", []string{"resolve", opID}, []string{"say what became of it", "no --note"}},
		{"both", []string{"resolve", opID, "--object-id=pi_1", "--not-done", "--note", " "}, []string{"choose one", "no --note"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			environment(t, nil)
			got, err := config.Parse(append([]string{"operations"}, tt.args...), &bytes.Buffer{})
			if err == nil || got != (config.Command{}) {
				t.Fatalf("no fault was found: %+v", got)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want it to say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("a fault shows a secret: %v", err)
			}
		})
	}
	environment(t, map[string]string{config.TokenVariable: "canary"})
	if _, err := config.Parse([]string{"operations", "list", "--token-file", "x"}, &bytes.Buffer{}); err == nil ||
		!strings.Contains(err.Error(), "two tokens") || strings.Contains(err.Error(), "canary") {
		t.Errorf("two tokens: %v", err)
	}
}

func TestOperationsHelp(t *testing.T) {
	for command, wants := range map[string][]string{
		"list":    {"--state", "--older-than", "--addr", "--token-file", "TILLGATE_TOKEN", "--tls-ca", "--insecure"},
		"show":    {"<id>", "--json"},
		"resolve": {"--object-id", "--not-done", "--note"},
	} {
		environment(t, nil)
		var help bytes.Buffer
		got, err := config.Parse([]string{"operations", command, "--help"}, &help)
		if err != nil || got != (config.Command{}) {
			t.Fatalf("got %+v, %v, want help only", got, err)
		}
		for _, want := range wants {
			if !strings.Contains(help.String(), want) {
				t.Errorf("the help of %s does not name %s:\n%s", command, want, help.String())
			}
		}
	}
}

// TestTokenIsNeverPrinted, however hard one tries.
func TestTokenIsNeverPrinted(t *testing.T) {
	command := config.Operations{Connection: config.Connection{Token: config.NewToken("canary")}}
	hidden := struct{ token config.Token }{command.Connection.Token}
	var text strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&text, verb+verb+verb, command, hidden, command.Connection.Token)
	}
	slog.New(slog.NewJSONHandler(&text, nil)).Info("a token", "token", command.Connection.Token, "command", command)
	if s := text.String(); strings.Contains(s, "canary") || strings.Contains(s, fmt.Sprintf("%x", "canary")) {
		t.Errorf("the token is seen:\n%s", s)
	}
	if got := (config.Token{}).Reveal(); got != "" {
		t.Errorf("no token is %q", got)
	}
}
