package console_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/config"
	"github.com/tillgate/tillgate/server/internal/console"
)

// commands are all three.
func commands() []config.Operations {
	return []config.Operations{
		{List: &config.ListOperations{}},
		{Show: &config.ShowOperation{ID: operationID(1)}},
		{Resolve: &config.ResolveOperation{ID: operationID(1), NotDone: true, Note: "seen"}},
	}
}

func TestRefusalsInWords(t *testing.T) {
	violations := apierr.InvalidFields(
		&errdetails.BadRequest_FieldViolation{Field: "note", Description: "is too long"},
		&errdetails.BadRequest_FieldViolation{Description: "is odd\x1b[2J"},
	)
	for _, tt := range []struct {
		err  error
		want string
	}{
		{apierr.ScopeMissing(paymentsv1.Scope_SCOPE_OPERATIONS_ADMIN), `SCOPE_MISSING (PERMISSION_DENIED): the caller lacks the scope that the rpc requires
  scope: OPERATIONS_ADMIN
  request id: request-1`},
		{violations, `INVALID_FIELD (INVALID_ARGUMENT): the request has a field that can not be accepted
  note: is too long
  the request: is odd?[2J
  request id: request-1`},
		{apierr.ResourceMissing("operation", operationID(1)), `RESOURCE_MISSING (NOT_FOUND): it does not exist
  operation: ` + operationID(1) + `
  request id: request-1`},
		{apierr.StoreUnavailable(nil), `STORE_UNAVAILABLE (UNAVAILABLE): Tillgate's store can not be reached or written, and this call did nothing; ask again with the same key
  ask again in: 1s
  request id: request-1`},
		{
			apierr.New(paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE).WithMetadata("state", "SUCCEEDED").
				WithMetadata("operation_id", "op_1"),
			`UNEXPECTED_STATE (FAILED_PRECONDITION): the object's state does not allow this
  operation_id: op_1
  state: SUCCEEDED
  request id: request-1`,
		},
	} {
		f := &fakeService{err: apierr.Status(tt.err, "request-1").Err()}
		way := serve(t, f)
		for _, command := range commands() {
			command.Connection = way
			var out strings.Builder
			err := console.Operations(t.Context(), command, &out)
			if err == nil || out.String() != "" {
				t.Fatalf("got %v, and it prints %q", err, out.String())
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("it is said otherwise (-want +got):\n%s", diff)
			}
		}
		if diff := cmp.Diff([]string{"Bearer " + token, "Bearer " + token, "Bearer " + token}, f.tokens); diff != "" {
			t.Errorf("other tokens were sent (-want +got):\n%s", diff)
		}
	}
}

// After an error that does not say that nothing was done, the operator is told to look.
func TestResolveInDoubt(t *testing.T) {
	for _, tt := range []struct {
		err   error
		doubt bool
	}{
		{apierr.Status(apierr.ResourceMissing("operation", "op_1"), "id").Err(), false},
		{apierr.Status(apierr.StoreUnavailable(nil), "id").Err(), false},
		{apierr.Status(errors.New("broken"), "id").Err(), true},
		{apierr.Status(context.DeadlineExceeded, "id").Err(), true},
		{apierr.Status(apierr.OutcomePending("op_1", nil), "id").Err(), true},
		{status.Error(codes.Unavailable, "gone"), true},
		{status.Error(codes.NotFound, "of a proxy"), true},
	} {
		f := &fakeService{err: tt.err}
		command := commands()[2]
		command.Connection = serve(t, f)
		err := console.Operations(t.Context(), command, &strings.Builder{})
		if err == nil || strings.Contains(err.Error(), "server operations show "+operationID(1)) != tt.doubt {
			t.Errorf("%v: it says %v", tt.err, err)
		}
		if len(f.tokens) != 1 {
			t.Errorf("%v: it was asked %d times", tt.err, len(f.tokens))
		}
	}
}

func TestNoAnswerInWords(t *testing.T) {
	nowhere, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := nowhere.Close(); err != nil {
		t.Fatal(err)
	}
	overTLS, trusted := selfSigned(t)
	plain := serve(t, &fakeService{operations: manyOperations(1)})
	secured := serve(t, &fakeService{operations: manyOperations(1)}, overTLS)
	silent := serve(t, &fakeService{silent: true})
	silent.Timeout = 50 * time.Millisecond
	foreign := serve(t, &fakeService{err: status.Error(codes.PermissionDenied, "by a proxy")})

	for _, tt := range []struct {
		name   string
		way    config.Connection
		change func(*config.Connection)
		want   []string
	}{
		{"nobody there", plain, func(c *config.Connection) { c.Addr = nowhere.Addr().String() }, []string{
			"no server can be reached at " + nowhere.Addr().String(), "connection refused", "--addr",
		}},
		{"TLS is wanted", secured, func(*config.Connection) {}, []string{"no server can be reached", "--tls-ca"}},
		{"TLS is not there", plain, func(c *config.Connection) { c.TLS = trusted }, []string{"no server can be reached", "--insecure"}},
		{"no trust", secured, func(c *config.Connection) { c.TLS = trusted.Clone(); c.TLS.RootCAs = nil }, []string{
			"no server can be reached", "--tls-ca",
		}},
		{"no answer", silent, func(*config.Connection) {}, []string{"no answer from " + silent.Addr, "50ms", "--timeout"}},
		{"a proxy", foreign, func(*config.Connection) {}, []string{"PERMISSION_DENIED", "by a proxy", "may be no Tillgate"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, command := range commands() {
				command.Connection = tt.way
				tt.change(&command.Connection)
				err := console.Operations(t.Context(), command, &strings.Builder{})
				for _, want := range tt.want {
					if err == nil || !strings.Contains(err.Error(), want) {
						t.Errorf("got %v, want it to say %q", err, want)
					}
				}
				if err != nil && strings.Contains(err.Error(), token) {
					t.Errorf("it shows the token: %v", err)
				}
			}
		})
	}

	secured.TLS = trusted
	for _, command := range commands() {
		command.Connection = secured
		if err := console.Operations(t.Context(), command, &strings.Builder{}); err != nil {
			t.Errorf("over TLS: %v", err)
		}
	}
}

func TestInterrupted(t *testing.T) {
	way := serve(t, &fakeService{silent: true})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, command := range commands() {
		command.Connection = way
		if err := console.Operations(ctx, command, &strings.Builder{}); err == nil || !strings.Contains(err.Error(), "interrupted") {
			t.Errorf("got %v", err)
		}
	}
	if err := console.Operations(t.Context(), config.Operations{Connection: way}, &strings.Builder{}); err == nil {
		t.Error("no command is one")
	}
}
