package client_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// What the errors say is found through any wrapping.
func TestErrors(t *testing.T) {
	declined := refuse(codes.FailedPrecondition, "PAYMENT_DECLINED",
		&paymentsv1.Decline{PaymentId: "pi_1", Advice: paymentsv1.DeclineAdvice_DECLINE_ADVICE_NEW_METHOD},
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: "amount.minor_units", Description: "too small"},
			{Field: "customer_id", Description: "unknown"},
			{Field: "amount.minor_units", Description: "odd"},
		}}, retryIn(90*time.Second))
	for name, err := range map[string]error{
		"plain":   declined,
		"wrapped": fmt.Errorf("pay: %w", fmt.Errorf("order 7: %w", declined)),
		"joined":  errors.Join(errors.New("another"), declined),
	} {
		t.Run(name, func(t *testing.T) {
			if got := client.ReasonOf(err); got != paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_DECLINED {
				t.Errorf("got the reason %v", got)
			}
			decline, ok := client.DeclineOf(err)
			if !ok || decline.GetPaymentId() != "pi_1" {
				t.Errorf("got the decline %v, %v", decline, ok)
			}
			want := map[string]string{"amount.minor_units": "too small; odd", "customer_id": "unknown"}
			if got := client.ViolationsOf(err); !maps.Equal(got, want) {
				t.Errorf("got the violations %v, want %v", got, want)
			}
			if got := client.RequestIDOf(err); got != "request-1" {
				t.Errorf("got the request id %q", got)
			}
			if got := client.OperationIDOf(err); got != "op_1" {
				t.Errorf("got the operation id %q", got)
			}
			if got, ok := client.RetryAfterOf(err); !ok || got != 90*time.Second {
				t.Errorf("got %v, %v", got, ok)
			}
		})
	}
}

// An error that says nothing, or is not Tillgate's, gives nothing.
func TestErrorsWithoutDetails(t *testing.T) {
	for name, err := range map[string]error{
		"nil":          nil,
		"plain":        errors.New("plain"),
		"context":      context.DeadlineExceeded,
		"bare status":  status.Error(codes.Unavailable, "connection refused"),
		"empty detail": refuseAs("", codes.Unavailable, "", &errdetails.RetryInfo{}),
	} {
		t.Run(name, func(t *testing.T) {
			if got := client.ReasonOf(err); got != paymentsv1.ErrorReason_ERROR_REASON_UNSPECIFIED {
				t.Errorf("got the reason %v", got)
			}
			if decline, ok := client.DeclineOf(err); ok || decline.GetPaymentId() != "" {
				t.Errorf("got the decline %v", decline)
			}
			if got := client.ViolationsOf(err); got != nil {
				t.Errorf("got the violations %v", got)
			}
			if got := client.OperationIDOf(err); got != "" {
				t.Errorf("got the operation id %q", got)
			}
			if got, ok := client.RetryAfterOf(err); ok || got != 0 {
				t.Errorf("got %v, %v", got, ok)
			}
		})
	}
	if got := client.RequestIDOf(nil); got != "" {
		t.Errorf("got the request id %q of nil", got)
	}
}

func TestReasonOf(t *testing.T) {
	for number, name := range paymentsv1.ErrorReason_name {
		if number == 0 {
			continue
		}
		err := refuse(codes.Internal, name[len("ERROR_REASON_"):])
		if got := client.ReasonOf(err); got != paymentsv1.ErrorReason(number) {
			t.Errorf("got %v, want %s", got, name)
		}
	}
	for name, err := range map[string]error{
		"a newer reason":                  refuse(codes.Internal, "A_REASON_OF_TOMORROW"),
		"none":                            refuse(codes.Internal, ""),
		"with the prefix":                 refuse(codes.Internal, "ERROR_REASON_INTERNAL"),
		"the same word of another domain": refuseAs("example.com", codes.Internal, "INTERNAL"),
	} {
		if got := client.ReasonOf(err); got != paymentsv1.ErrorReason_ERROR_REASON_UNSPECIFIED {
			t.Errorf("%s: got %v", name, got)
		}
	}
	if got := client.OperationIDOf(refuseAs("example.com", codes.Internal, "INTERNAL")); got != "" {
		t.Errorf("got the operation id %q of another domain", got)
	}
}

// The set of advice grows: what a client does not know is no reason to fail.
func TestDeclineOfWithUnknownAdvice(t *testing.T) {
	decline, ok := client.DeclineOf(refuse(codes.FailedPrecondition, "PAYMENT_DECLINED", &paymentsv1.Decline{Advice: 99}))
	if !ok || decline.GetAdvice() != 99 {
		t.Errorf("got %v, %v", decline, ok)
	}
}
