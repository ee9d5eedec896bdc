package apierr_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

var hiddenCodes = []string{"fraudulent", "lost_card", "stolen_card", "merchant_blacklist", "pickup_card", "restricted_card"}

func stripeDecline(declineCode, adviceCode string) apierr.StripeError {
	return apierr.StripeError{
		HTTPStatus: 402, Type: "card_error", Code: "card_declined", DeclineCode: declineCode,
		AdviceCode: adviceCode, PaymentIntentID: "pi_1", RequestID: "req_1",
	}
}

// A hidden decline is in every field what a generic one is.
func TestHiddenDeclinesCanNotBeTold(t *testing.T) {
	for _, advice := range []string{"", "do_not_try_again", "try_again_later", "confirm_card_data"} {
		generic := apierr.FromStripe(stripeDecline("generic_decline", advice), aCreate)
		want := apierr.Status(generic, "id").Proto()
		for _, code := range hiddenCodes {
			e := apierr.FromStripe(stripeDecline(code, advice), aCreate)
			if !strings.Contains(apierr.Status(e, "id").Proto().String(), code) {
				t.Errorf("%s can not be seen by those who may", code)
			}
			if diff := cmp.Diff(want, apierr.Status(e.Hidden(), "id").Proto(), protocmp.Transform()); diff != "" {
				t.Errorf("%s with the advice %q can be told from a generic decline (-want +got):\n%s", code, advice, diff)
			}
			if !strings.Contains(apierr.Status(e, "id").Proto().String(), code) {
				t.Errorf("hiding %s changed the original", code)
			}
		}
	}
}

// Nor does Stripe's code tell them apart, should it ever be another one beside such a reason.
func TestHiddenDeclinesHaveTheGenericCode(t *testing.T) {
	odd := stripeDecline("stolen_card", "")
	odd.Code = "incorrect_number"
	want := apierr.Status(apierr.FromStripe(stripeDecline("generic_decline", ""), aCreate), "id").Proto()
	got := apierr.Status(apierr.FromStripe(odd, aCreate).Hidden(), "id").Proto()
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("it can be told from a generic decline (-want +got):\n%s", diff)
	}
}

func TestHideDeclines(t *testing.T) {
	for _, code := range hiddenCodes {
		payment := &paymentsv1.Payment{Id: "pi_1", LastError: apierr.NewPaymentError("card_declined", code, "")}
		list := &paymentsv1.ListPaymentsResponse{Payments: []*paymentsv1.Payment{{Id: "pi_0"}, payment}}
		apierr.HideDeclines(list)
		want := apierr.NewPaymentError("card_declined", "generic_decline", "")
		if got := list.GetPayments()[1].GetLastError(); !proto.Equal(got, want) {
			t.Errorf("%s became %v, want %v", code, got, want)
		}
	}
	refund := &paymentsv1.GetRefundResponse{Refund: &paymentsv1.Refund{FailureReason: "lost_or_stolen_card"}}
	apierr.HideDeclines(refund)
	if got := refund.GetRefund().GetFailureReason(); got != "unknown" {
		t.Errorf("the refund says %q", got)
	}
	open := apierr.NewPaymentError("card_declined", "insufficient_funds", "")
	want := proto.CloneOf(open)
	apierr.HideDeclines(open)
	if !proto.Equal(open, want) {
		t.Errorf("a decline that may be told became %v", open)
	}
}

// The log hides for everybody.
func TestLogHidesDeclines(t *testing.T) {
	for _, code := range hiddenCodes {
		var log strings.Builder
		e := apierr.FromStripe(stripeDecline(code, ""), aCreate)
		slog.New(slog.NewTextHandler(&log, nil)).LogAttrs(t.Context(), slog.LevelInfo, "x", e.LogAttrs()...)
		if strings.Contains(log.String(), code) || !strings.Contains(log.String(), "generic_decline") {
			t.Errorf("%s is logged as %s", code, log.String())
		}
	}
}
