package client_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// Once the outcome of a write is open, a later try that did nothing must not make the caller believe that nothing was
// done. Only an answer about the write itself closes it.
func TestAnOpenOutcomeStaysOpen(t *testing.T) {
	var (
		open       = refuse(codes.Unknown, "OUTCOME_PENDING")
		running    = refuse(codes.Aborted, "OPERATION_IN_PROGRESS")
		cut        = status.Error(codes.Unavailable, "error reading from server: EOF")
		down       = refuse(codes.Unavailable, "STRIPE_UNAVAILABLE")
		locked     = refuse(codes.Aborted, "LOCK_TIMEOUT")
		tooShort   = refuse(codes.DeadlineExceeded, "DEADLINE_TOO_SHORT")
		limited    = refuse(codes.ResourceExhausted, "RATE_LIMITED")
		outsider   = refuse(codes.Unauthenticated, "CREDENTIALS_INVALID")
		noScope    = refuse(codes.PermissionDenied, "SCOPE_MISSING")
		noKey      = refuse(codes.Internal, "STRIPE_CREDENTIALS")
		broken     = refuse(codes.Internal, "INTERNAL")
		proxy      = status.Error(codes.NotFound, "no such route")
		declined   = refuse(codes.FailedPrecondition, "PAYMENT_DECLINED")
		wrong      = refuse(codes.InvalidArgument, "INVALID_FIELD")
		missing    = refuse(codes.NotFound, "RESOURCE_MISSING")
		contracted = refuse(codes.Internal, "STRIPE_CONTRACT")
	)
	for _, tt := range []struct {
		name  string
		tries []error
		want  error
	}{
		{"too little time", []error{open, tooShort}, open},
		{"rate limit", []error{open, limited}, open},
		{"token expired", []error{open, outsider}, open},
		{"scope taken away", []error{open, noScope}, open},
		{"Stripe key taken away", []error{open, noKey}, open},
		{"server broken", []error{open, broken}, open},
		{"a proxy answers", []error{open, proxy}, open},
		{"server stops", []error{open, down, down, down, down, down}, open},
		{"connection refused", []error{open, cut, cut, cut, cut, cut}, open},
		{"still running", []error{open, running, running, running, running, running}, open},
		{"running, then too little time", []error{running, tooShort}, running},
		{"cut, then too little time", []error{cut, tooShort}, cut},
		{"cut, then Stripe down", []error{cut, down, down, down, down}, cut},
		{"cut, then running", []error{cut, running, tooShort}, running},
		{"cut, then open, then cut", []error{cut, open, cut, outsider}, open},

		{"declined", []error{open, declined}, declined},
		{"refused", []error{open, wrong}, wrong},
		{"no such object", []error{open, missing}, missing},
		{"refused by Stripe", []error{open, contracted}, contracted},
		{"cut, then declined", []error{cut, declined}, declined},
		{"done after all", []error{open, cut, running, nil}, nil},
		{"nothing was open: Stripe down", []error{down, tooShort}, tooShort},
		{"nothing was open: lock", []error{locked, outsider}, outsider},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fake{answer: inTurn(tt.tries...)}
				err := pay(t.Context(), f.serve(t))
				if status.Code(err) != status.Code(tt.want) || client.ReasonOf(err) != client.ReasonOf(tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
				if len(f.got()) != len(tt.tries) {
					t.Errorf("got %d tries, want %d", len(f.got()), len(tt.tries))
				}
			})
		})
	}
}

// What came later is not lost: it stands in the text, and errors.As finds it.
func TestAnOpenOutcomeTellsWhatCameLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: inTurn(
			refuse(codes.Unknown, "OUTCOME_PENDING"), refuse(codes.Unauthenticated, "CREDENTIALS_INVALID"))}
		err := pay(t.Context(), f.serve(t))
		want := "rpc error: code = Unknown desc = refused; since then: rpc error: code = Unauthenticated desc = refused"
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		var both interface{ Unwrap() []error }
		if !errors.As(err, &both) || len(both.Unwrap()) != 2 ||
			client.ReasonOf(both.Unwrap()[1]) != paymentsv1.ErrorReason_ERROR_REASON_CREDENTIALS_INVALID {
			t.Errorf("got %#v, want both errors", err)
		}
	})
}

// A read has no outcome: its last error is the one that counts.
func TestAReadEndsWithItsLastError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: inTurn(status.Error(codes.Unavailable, ""), refuse(codes.Unauthenticated, "CREDENTIALS_INVALID"))}
		err := get(within(t, time.Minute), f.serve(t))
		if client.ReasonOf(err) != paymentsv1.ErrorReason_ERROR_REASON_CREDENTIALS_INVALID {
			t.Errorf("got %v, want CREDENTIALS_INVALID", err)
		}
	})
}
