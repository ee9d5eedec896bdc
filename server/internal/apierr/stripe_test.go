package apierr_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

func TestFromStripe(t *testing.T) {
	for _, tt := range stripeCases {
		t.Run(tt.name, func(t *testing.T) {
			tt.stripe.RequestID = "req_1"
			got := apierr.FromStripe(tt.stripe, tt.subject)
			if got.Code != tt.code || apierr.ShortReason(got.Reason) != tt.reason {
				t.Errorf("got %v %v, want %v %s", got.Code, got.Reason, tt.code, tt.reason)
			}
			if got.Metadata["stripe_request_id"] != "req_1" || got.Metadata["operation_id"] != tt.subject.OperationID {
				t.Errorf("metadata = %v, want the ids of the request and of the operation", got.Metadata)
			}
			var cause apierr.StripeError
			if !errors.As(got, &cause) || cause != tt.stripe {
				t.Errorf("the cause is %v, want what Stripe said", cause)
			}
		})
	}
}

// A caller hears in which state the object is that forbids the call.
func TestUnexpectedStateNamesIt(t *testing.T) {
	for want, stripe := range map[string]apierr.StripeError{
		"SUCCEEDED": {Code: "payment_intent_unexpected_state", PaymentIntentStatus: "succeeded"},
		"CANCELED":  {Code: "setup_intent_unexpected_state", SetupIntentStatus: "canceled"},
		"":          {Code: "payment_method_unexpected_state"},
	} {
		stripe.HTTPStatus, stripe.Type = 400, "invalid_request_error"
		if got := apierr.FromStripe(stripe, aConfirm).Metadata["state"]; got != want {
			t.Errorf("%s: the state is %q, want %q", stripe.Code, got, want)
		}
	}
}

// Stripe documents no Retry-After; where a proxy sends one, it is believed within reason.
func TestRetryAfter(t *testing.T) {
	for _, tt := range []struct{ header, want time.Duration }{
		{0, 2 * time.Second}, {7 * time.Second, 7 * time.Second}, {time.Hour, time.Minute},
	} {
		err := apierr.FromStripe(apierr.StripeError{HTTPStatus: 429, RetryAfter: tt.header}, aRead)
		var got time.Duration
		for _, d := range err.Details {
			if info, ok := d.(*errdetails.RetryInfo); ok {
				got = info.GetRetryDelay().AsDuration()
			}
		}
		if got != tt.want {
			t.Errorf("with Retry-After %v: %v, want %v", tt.header, got, tt.want)
		}
	}
}

// Every reason of the contract is produced by Stripe's errors or by a constructor, and UNKNOWN means one thing only.
func TestEveryReasonIsProduced(t *testing.T) {
	// These never come from Stripe: they are made by New where the note says.
	elsewhere := map[string]string{
		"IDEMPOTENCY_KEY_EXPIRED": "KeyExpired", "STORE_UNAVAILABLE": "StoreUnavailable", "DEADLINE_EXCEEDED": "stripegw", "DEADLINE_TOO_SHORT": "operation",
		"POSITION_EXPIRED": "eventlog", "CREDENTIALS_INVALID": "interceptor", "SCOPE_MISSING": "interceptor",
		"NOT_IMPLEMENTED": "interceptor", "CANCELLED": "stripegw", "INTERNAL": "interceptor",
		"UPGRADE_NOT_SECURED": "service", "CHANGE_PENDING": "service",
		"STREAM_ENDED": "eventlog", "CONSUMER_TAKEN_OVER": "eventlog",
	}
	produced := map[string]bool{}
	for _, tt := range stripeCases {
		produced[tt.reason] = true
	}
	for number := range paymentsv1.ErrorReason_name {
		reason := paymentsv1.ErrorReason(number)
		if reason == paymentsv1.ErrorReason_ERROR_REASON_UNSPECIFIED {
			continue
		}
		short := apierr.ShortReason(reason)
		e := apierr.New(reason)
		if e.Reason != reason || e.Message == "" || e.Code == codes.OK {
			t.Errorf("New(%s) = %v %v, want the reason with a code and a sentence", short, e.Code, e)
		}
		if (e.Code == codes.Unknown) != (short == "OUTCOME_PENDING") {
			t.Errorf("%s has the code %v", short, e.Code)
		}
		if !produced[short] && elsewhere[short] == "" {
			t.Errorf("nothing produces %s", short)
		}
	}
}

func FuzzFromStripe(f *testing.F) {
	for _, tt := range stripeCases {
		f.Add(tt.stripe.HTTPStatus, tt.stripe.Type, tt.stripe.Code, tt.stripe.DeclineCode, tt.stripe.AdviceCode,
			tt.stripe.Param, tt.stripe.Field, tt.subject.Write, tt.subject.Confirms, tt.subject.ID)
	}
	f.Fuzz(func(t *testing.T, status int, kind, code, declineCode, advice, param, field string, write, confirms bool, id string) {
		stripe := apierr.StripeError{
			HTTPStatus: status, Type: kind, Code: code, DeclineCode: declineCode, AdviceCode: advice,
			Param: param, Field: field,
		}
		e := apierr.FromStripe(stripe, apierr.Subject{Write: write, Confirms: confirms, ID: id})
		pending := e.Reason == paymentsv1.ErrorReason_ERROR_REASON_OUTCOME_PENDING
		if e.Code == codes.OK || e.Reason == 0 || (e.Code == codes.Unknown) != pending {
			t.Errorf("%+v became %v %v", stripe, e.Code, e.Reason)
		}
		if pending && !write {
			t.Error("the outcome of a read is never pending")
		}
		if status == 402 && kind != "" && e.Code == codes.Internal {
			t.Errorf("a 402 became %v", e.Reason)
		}
		if e.Hidden() == nil || fmt.Sprint(e.LogAttrs()) == "" {
			t.Error("it can not be hidden or logged")
		}
	})
}
