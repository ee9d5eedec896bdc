package console_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/config"
)

const token = "canary-token"

// fakeService is an OperationService that notes what it was asked.
type fakeService struct {
	paymentsv1.UnimplementedOperationServiceServer

	operations []*paymentsv1.Operation
	err        error
	stuck      bool // whether every page has the same successor
	silent     bool // whether nothing is answered in time

	mu       sync.Mutex
	lists    []*paymentsv1.ListOperationsRequest
	resolved []*paymentsv1.ResolveOperationRequest
	tokens   []string
}

func (f *fakeService) enter(ctx context.Context) error {
	f.mu.Lock()
	f.tokens = append(f.tokens, strings.Join(metadata.ValueFromIncomingContext(ctx, "authorization"), ","))
	f.mu.Unlock()
	if f.silent {
		<-ctx.Done()
		return ctx.Err()
	}
	return f.err
}

func (f *fakeService) GetOperation(
	ctx context.Context, _ *paymentsv1.GetOperationRequest,
) (*paymentsv1.GetOperationResponse, error) {
	if err := f.enter(ctx); err != nil {
		return nil, err
	}
	return &paymentsv1.GetOperationResponse{Operation: f.operations[0]}, nil
}

func (f *fakeService) ListOperations(
	ctx context.Context, req *paymentsv1.ListOperationsRequest,
) (*paymentsv1.ListOperationsResponse, error) {
	if err := f.enter(ctx); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lists = append(f.lists, req)
	start, _ := strconv.Atoi(req.GetPageToken())
	end := min(start+int(req.GetPageSize()), len(f.operations))
	resp := &paymentsv1.ListOperationsResponse{Operations: f.operations[start:end]}
	if end < len(f.operations) {
		resp.NextPageToken = strconv.Itoa(end)
	}
	if f.stuck {
		resp.NextPageToken = "0"
	}
	return resp, nil
}

func (f *fakeService) ResolveOperation(
	ctx context.Context, req *paymentsv1.ResolveOperationRequest,
) (*paymentsv1.ResolveOperationResponse, error) {
	if err := f.enter(ctx); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.resolved = append(f.resolved, req)
	return &paymentsv1.ResolveOperationResponse{Operation: f.operations[0]}, nil
}

// serve serves the fake on loopback and returns the way to it.
func serve(t *testing.T, f *fakeService, options ...grpc.ServerOption) config.Connection {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(options...)
	paymentsv1.RegisterOperationServiceServer(server, f)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		// A test that needs no server may stop it before it has begun to serve.
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Errorf("the server ended with %v", err)
		}
	})
	return config.Connection{Addr: listener.Addr().String(), Token: config.NewToken(token), Timeout: 10 * time.Second}
}

// selfSigned returns a server's certificate for loopback, and what trusts it.
func selfSigned(t *testing.T) (grpc.ServerOption, *tls.Config) {
	t.Helper()
	example := httptest.NewTLSServer(nil)
	defer example.Close()
	roots := x509.NewCertPool()
	roots.AddCert(example.Certificate())
	return grpc.Creds(credentials.NewServerTLSFromCert(&example.TLS.Certificates[0])),
		&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

func operationID(n int) string { return fmt.Sprintf("op_%052d", n) }

// manyOperations began half an hour ago, the newest first.
func manyOperations(n int) []*paymentsv1.Operation {
	operations := make([]*paymentsv1.Operation, 0, n)
	for i := range n {
		operations = append(operations, &paymentsv1.Operation{
			Id: operationID(n - i), Caller: "checkout", Method: "/payments.v1.PaymentService/CreatePayment",
			State: paymentsv1.OperationState_OPERATION_STATE_SUCCEEDED, ObjectId: "pi_" + strconv.Itoa(n-i), Sends: 1,
			CreateTime: ago(30 * time.Minute),
		})
	}
	return operations
}

// ago is some seconds longer ago than it says, so that a slow test does not change what is printed.
func ago(d time.Duration) *timestamppb.Timestamp {
	return timestamppb.New(time.Now().Add(-d - 5*time.Second))
}

// ids returns the first word of each line that is an operation's.
func ids(text string) []string {
	var found []string
	for line := range strings.Lines(text) {
		if id, _, _ := strings.Cut(line, " "); strings.HasPrefix(id, "op_") {
			found = append(found, id)
		}
	}
	return slices.Clip(found)
}
