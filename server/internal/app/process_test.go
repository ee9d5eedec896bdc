package app_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/app"
)

// patience is how long a test waits for what takes milliseconds.
const patience = 20 * time.Second

// process is the server as main runs it, on ports of its own, with its output kept.
type process struct {
	addr, opsAddr, sandboxURL string

	cancel context.CancelFunc
	ended  chan struct{}
	exit   int
	stdout *output
	stderr *output
}

// start runs the server with these arguments until the test ends, and waits until it is ready.
func start(tb testing.TB, args ...string) *process {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{cancel: cancel, ended: make(chan struct{}), stdout: newOutput(), stderr: newOutput()}
	go func() {
		defer close(p.ended)
		p.exit = app.Main(ctx, args, p.stdout, p.stderr)
	}()
	tb.Cleanup(func() {
		cancel()
		select {
		case <-p.ended:
		case <-time.After(patience):
			tb.Error("the server did not stop")
		}
		if tb.Failed() {
			tb.Logf("the server's log:\n%s", p.stderr)
		}
	})

	deadline := time.After(patience)
	for {
		if line, ok := p.logLine("ready"); ok {
			p.addr, _ = line["grpc_addr"].(string)
			p.opsAddr, _ = line["ops_addr"].(string)
			if addr, ok := line["sandbox_addr"].(string); ok {
				p.sandboxURL = "http://" + addr
			}
			return p
		}
		select {
		case <-p.stderr.changed:
		case <-p.ended:
			tb.Fatalf("the server ended with %d before it was ready:\n%s", p.exit, p.stderr)
		case <-deadline:
			tb.Fatalf("the server did not become ready:\n%s", p.stderr)
		}
	}
}

// startSandboxed runs `server --sandbox` on free ports.
func startSandboxed(t *testing.T, args ...string) *process {
	t.Helper()
	return start(t, append([]string{
		"--sandbox", "--grpc-addr", "127.0.0.1:0", "--ops-addr", "127.0.0.1:0", "--webhook-addr", "127.0.0.1:0",
		"--sandbox-addr", "127.0.0.1:0",
	}, args...)...)
}

// stop ends the process as a signal does, and returns its exit code.
func (p *process) stop(t *testing.T) int {
	t.Helper()
	p.cancel()
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatal("the server did not stop")
	}
	return p.exit
}

// logLines returns the log lines with a message.
func (p *process) logLines(message string) []map[string]any {
	var lines []map[string]any
	for scanner := bufio.NewScanner(strings.NewReader(p.stderr.String())); scanner.Scan(); {
		var line map[string]any
		if json.Unmarshal(scanner.Bytes(), &line) == nil && line["msg"] == message {
			lines = append(lines, line)
		}
	}
	return lines
}

func (p *process) logLine(message string) (map[string]any, bool) {
	lines := p.logLines(message)
	if len(lines) == 0 {
		return nil, false
	}
	return lines[0], true
}

// connect returns a client of the process over a real connection.
func (p *process) connect(tb testing.TB) paymentsv1.PaymentServiceClient {
	tb.Helper()
	return paymentsv1.NewPaymentServiceClient(p.conn(tb))
}

func (p *process) conn(tb testing.TB) *grpc.ClientConn {
	tb.Helper()
	conn, err := grpc.NewClient(p.addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	return conn
}

// as returns a context that carries a bearer token and a generous deadline.
func as(t *testing.T, token string) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
}

// dev is the sandbox's own caller.
func dev(t *testing.T) context.Context {
	t.Helper()
	return as(t, "sandbox")
}

// sandboxCall speaks raw HTTP to the sandbox and returns the status and the body.
func (p *process) sandboxCall(t *testing.T, method, path, body string, headers ...string) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(dev(t), method, p.sandboxURL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, data
}

// output keeps what a process writes, for a test that reads at the same time.
type output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func newOutput() *output { return &output{changed: make(chan struct{}, 1)} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.changed <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
