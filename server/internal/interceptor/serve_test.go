package interceptor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/interceptor"
)

// Three callers: one may do everything, one everything but see hidden declines, one nothing.
const (
	tokenAll    = "token-of-all"
	tokenMost   = "token-of-most"
	tokenNobody = "token-of-nobody"
)

// harness serves the API behind the chain and keeps the log.
type harness struct {
	conn   *grpc.ClientConn
	log    *logBuffer
	tokens *auth.Tokens
}

// services are all of the contract.
func services() (all []protoreflect.ServiceDescriptor) {
	protoregistry.GlobalFiles.RangeFilesByPackage("payments.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			all = append(all, file.Services().Get(i))
		}
		return true
	})
	return all
}

func serve(t *testing.T, register func(*grpc.Server)) *harness {
	t.Helper()
	policy, err := auth.NewPolicy(services()...)
	if err != nil {
		t.Fatal(err)
	}
	validator, err := protovalidate.New()
	if err != nil {
		t.Fatal(err)
	}
	var all, most []paymentsv1.Scope
	for number := range paymentsv1.Scope_name {
		scope := paymentsv1.Scope(number)
		all = append(all, scope)
		if scope != paymentsv1.Scope_SCOPE_DECLINES_READ_ALL {
			most = append(most, scope)
		}
	}
	log := &logBuffer{}
	tokens := auth.NewTokens([]auth.Caller{
		auth.NewCaller("all", tokenAll, all...),
		auth.NewCaller("most", tokenMost, most...),
		auth.NewCaller("nobody", tokenNobody),
	}, time.Now)
	server := grpc.NewServer(interceptor.ServerOptions(interceptor.Config{
		Logger:    slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now:       time.Now,
		Tokens:    tokens,
		Policy:    policy,
		Public:    []string{"grpc.health.v1.Health"},
		Validator: validator,
	})...)
	register(server)

	listener := bufconn.Listen(1 << 20)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:bufconn",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		server.Stop()
		// A test that needs no server may stop it before it has begun to serve.
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Errorf("the server ended with %v", err)
		}
	})
	return &harness{conn: conn, log: log, tokens: tokens}
}

// as returns a context that carries a token.
func as(t *testing.T, token string) context.Context {
	t.Helper()
	return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
}

// logBuffer is a log that a test reads while the server writes.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// lines returns the log lines with this message. The line of a call is written before its answer is sent.
func (b *logBuffer) lines(t *testing.T, message string) []map[string]any {
	t.Helper()
	var lines []map[string]any
	for text := range strings.Lines(b.String()) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("the log holds %q, which is no JSON: %v", text, err)
		}
		if line["msg"] == message {
			lines = append(lines, line)
		}
	}
	return lines
}
