package app_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	healthgrpc "google.golang.org/grpc/health/grpc_health_v1"
	reflectiongrpc "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/app"
)

// startBeside runs the sandbox in one process and the server, with a key and callers of its own, in another.
func startBeside(t *testing.T, args ...string) (server, sandbox *process) {
	t.Helper()
	sandbox = start(t, "sandbox", "--sandbox-addr", "127.0.0.1:0")
	server = start(t, append(besideArgs(t, sandbox), args...)...)
	server.sandboxURL = sandbox.sandboxURL
	return server, sandbox
}

// besideArgs are the arguments of a server that uses this sandbox as its Stripe. They set the Stripe key too.
func besideArgs(t *testing.T, sandbox *process) []string {
	t.Helper()
	t.Setenv("TILLGATE_STRIPE_KEY", "sk_test_canary")
	return []string{
		"--grpc-addr", "127.0.0.1:0", "--ops-addr", "127.0.0.1:0", "--webhook-addr", "127.0.0.1:0", "--lame-duck", "0s",
		"--stripe-url", sandbox.sandboxURL, "--stripe-account", "acct_1",
		"--callers", writeCallers(t, caller{"checkout", "checkout-token", "PAYMENTS_WRITE"}),
		"--store", "sqlite:" + filepath.Join(t.TempDir(), "tillgate.db"), "--seal-key-file", sealKeyFile(t),
	}
}

// sealKeyFile is a file with a seal key, the same in every test.
func sealKeyFile(tb testing.TB) string {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "seal.key")
	if err := os.WriteFile(file, []byte("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n"), 0o600); err != nil {
		tb.Fatal(err)
	}
	return file
}

func TestServerAndSandboxApart(t *testing.T) {
	server, sandbox := startBeside(t, "--insecure")
	got, err := server.connect(t).CreatePayment(as(t, "checkout-token"), order("order-6001-attempt-1", "pm_card_visa"))
	if err != nil || got.GetPayment().GetState() != paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED {
		t.Errorf("got %v, %v, want a paid payment", got, err)
	}
	if _, err := server.connect(t).CreatePayment(dev(t), order("order-6002-attempt-1", "pm_card_visa")); status.Code(err) !=
		codes.Unauthenticated {
		t.Errorf("the sandbox's token: %v, want UNAUTHENTICATED outside of the sandbox", err)
	}
	if strings.Contains(server.stderr.String(), "canary") || strings.Contains(sandbox.stderr.String(), "canary") {
		t.Error("a log holds the Stripe key")
	}
	if server.stdout.String() != "" || !strings.Contains(sandbox.stdout.String(), sandbox.sandboxURL) {
		t.Errorf("stdout: the server says %q, the sandbox %q", server.stdout, sandbox.stdout)
	}
}

// Reflection tells an outsider the whole API, so that it is on in the sandbox only.
func TestReflectionIsOnInTheSandboxOnly(t *testing.T) {
	server, _ := startBeside(t, "--insecure")
	for _, tt := range []struct {
		process *process
		want    codes.Code
	}{{startSandboxedFree(t), codes.OK}, {server, codes.Unauthenticated}} {
		stream, err := reflectiongrpc.NewServerReflectionClient(tt.process.conn(t)).ServerReflectionInfo(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// It may fail because the server has ended the stream, which Recv tells better.
		_ = stream.Send(&reflectiongrpc.ServerReflectionRequest{
			MessageRequest: &reflectiongrpc.ServerReflectionRequest_ListServices{},
		})
		if _, err := stream.Recv(); status.Code(err) != tt.want {
			t.Errorf("reflection answers %v, want %v", err, tt.want)
		}
	}
}

// startSandboxedFree runs the sandbox although the test has set a Stripe key for another server.
func startSandboxedFree(t *testing.T) *process {
	t.Helper()
	t.Setenv("TILLGATE_STRIPE_KEY", "")
	return startSandboxed(t)
}

func TestTLS(t *testing.T) {
	certificate, key, pool := selfSigned(t)
	server, _ := startBeside(t, "--tls-cert", certificate, "--tls-key", key)
	conn, err := grpc.NewClient(server.addr, grpc.WithTransportCredentials(credentials.NewClientTLSFromCert(pool, "")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, err = paymentsv1.NewPaymentServiceClient(conn).CreatePayment(as(t, "checkout-token"),
		order("order-6101-attempt-1", "pm_card_visa"))
	if err != nil {
		t.Errorf("over TLS: %v", err)
	}
	_, err = server.connect(t).CreatePayment(as(t, "checkout-token"), order("order-6102-attempt-1", "pm_card_visa"))
	if status.Code(err) != codes.Unavailable {
		t.Errorf("without TLS: %v, want UNAVAILABLE", err)
	}
}

func TestHealth(t *testing.T) {
	p := startSandboxed(t)
	for _, service := range []string{"", "payments.v1.PaymentService", "payments.v1.CustomerService"} {
		resp, err := healthgrpc.NewHealthClient(p.conn(t)).Check(t.Context(), &healthgrpc.HealthCheckRequest{Service: service})
		if err != nil || resp.GetStatus() != healthgrpc.HealthCheckResponse_SERVING {
			t.Errorf("%q: %v, %v, want SERVING", service, resp, err)
		}
	}
	for path, want := range map[string]int{"/livez": 200, "/readyz": 200, "/": 404, "/debug/pprof/": 404} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.opsAddr+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s answers %d, want %d", path, resp.StatusCode, want)
		}
	}
}

// A stop lets a charge under way finish, and its caller hear of it, whether the caller still waits or has left.
func TestStopWaitsForCharges(t *testing.T) {
	server, sandbox := startBeside(t, "--insecure")
	client := server.connect(t)
	slow := func() {
		sandbox.fault(t, map[string]any{"kind": "delay", "delay_ms": 700, "method": "POST"})
	}
	slow()
	waiting := make(chan error, 1)
	go func() {
		_, err := client.CreatePayment(as(t, "checkout-token"), order("order-6201-attempt-1", "pm_card_visa"))
		waiting <- err
	}()
	poll(t, "the first charge", func() bool { return len(sandbox.ledger(t)) == 1 })
	slow()
	leaving, leave := context.WithCancel(as(t, "checkout-token"))
	left := make(chan error, 1)
	go func() {
		_, err := client.CreatePayment(leaving, order("order-6202-attempt-1", "pm_card_visa"))
		left <- err
	}()
	poll(t, "the second charge", func() bool { return len(sandbox.ledger(t)) == 2 })
	leave()
	if err := <-left; status.Code(err) != codes.Canceled {
		t.Errorf("the caller that left hears %v", err)
	}

	if code := server.stop(t); code != app.ExitOK {
		t.Errorf("the exit code is %d, want 0", code)
	}
	if err := <-waiting; err != nil {
		t.Errorf("the caller that waited: %v", err)
	}
	if lines := server.logLines("write ended after its caller left"); len(lines) != 1 || lines[0]["outcome"] != "done" {
		t.Errorf("the log says %v of the caller that left, want one write done", lines)
	}
	if _, stopped := server.logLine("stopped"); !stopped {
		t.Error("the log does not say that it stopped")
	}
	_, err := client.CreatePayment(as(t, "checkout-token"), order("order-6203-attempt-1", "pm_card_visa"))
	if status.Code(err) != codes.Unavailable {
		t.Errorf("a new call: %v, want UNAVAILABLE", err)
	}
}

func TestExitCodes(t *testing.T) {
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	addr := taken.Addr().String()
	certificate, _, _ := selfSigned(t)
	_, otherKey, _ := selfSigned(t)
	for _, tt := range []struct {
		name   string
		args   []string
		want   int
		stdout string
		stderr []string
	}{
		{"help", []string{"--help"}, app.ExitOK, "TILLGATE_STRIPE_KEY", nil},
		{"help of serve", []string{"serve", "--help"}, app.ExitOK, "--grpc-addr", nil},
		{"version", []string{"--version"}, app.ExitOK, "tillgate ", nil},
		{"nothing configured", nil, app.ExitConfig, "", []string{
			"no Stripe key", "--sandbox", "no callers", "no TLS",
			"no --stripe-account",
		}},
		{
			"TLS key that does not fit",
			[]string{"--sandbox", "--tls-cert", certificate, "--tls-key", otherKey},
			app.ExitConfig, "",
			[]string{"private key does not match"},
		},
		{"callers file that is a folder", []string{"--sandbox", "--callers", t.TempDir()}, app.ExitConfig, "", []string{"--callers: it is not a regular file"}},
		{"unknown flag", []string{"--no-such-flag"}, app.ExitConfig, "", []string{"no-such-flag"}},
		{"unknown command", []string{"migrate-all"}, app.ExitConfig, "", []string{"migrate-all"}},
		{
			"port of the API taken",
			[]string{"--sandbox", "--grpc-addr", addr, "--sandbox-addr", "127.0.0.1:0"},
			app.ExitFailed, "",
			[]string{"--grpc-addr", "address already in use"},
		},
		{
			"port of the sandbox taken",
			[]string{"sandbox", "--sandbox-addr", addr},
			app.ExitFailed, "",
			[]string{"--sandbox-addr", "address already in use"},
		},
		{"port of the health pages taken", []string{
			"--sandbox", "--grpc-addr", "127.0.0.1:0", "--sandbox-addr", "127.0.0.1:0",
			"--ops-addr", addr,
		}, app.ExitFailed, "", []string{"--ops-addr", "address already in use"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if got := app.Main(t.Context(), tt.args, &stdout, &stderr); got != tt.want {
				t.Errorf("the exit code is %d, want %d", got, tt.want)
			}
			if !strings.Contains(stdout.String(), tt.stdout) {
				t.Errorf("stdout is %q, want %q in it", stdout.String(), tt.stdout)
			}
			for _, want := range tt.stderr {
				if !strings.Contains(stderr.String(), want) {
					t.Errorf("stderr is %q, want %q in it", stderr.String(), want)
				}
			}
		})
	}
}
