package apierr

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// decline is what a code means for the caller.
type decline struct {
	advice  paymentsv1.DeclineAdvice
	message string
	// wait is the least time before a further try, where the advice is to try again.
	wait time.Duration
}

// declineOf looks a refusal up: by the bank's reason where there is one, else by Stripe's code. What is not known is
// treated as a decline without a reason. Stripe's advice for the one charge outranks the table.
func declineOf(code, declineCode, adviceCode string) decline {
	row, ok := declineCodes[declineCode]
	if !ok && declineCode == "" {
		row, ok = paymentCodes[code]
	}
	if !ok {
		row = declineCodes[genericDecline]
	}
	// https://docs.stripe.com/declines/codes#advice
	switch adviceCode {
	case "confirm_card_data":
		row = decline{advice: paymentsv1.DeclineAdvice_DECLINE_ADVICE_FIX_DATA, message: row.message}
	case "do_not_try_again":
		row = decline{advice: paymentsv1.DeclineAdvice_DECLINE_ADVICE_STOP, message: row.message}
	case "try_again_later":
		row = decline{advice: paymentsv1.DeclineAdvice_DECLINE_ADVICE_RETRY_LATER, message: row.message, wait: time.Hour}
	}
	return row
}

func (d decline) retryAfter() *durationpb.Duration {
	if d.advice != paymentsv1.DeclineAdvice_DECLINE_ADVICE_RETRY_LATER {
		return nil
	}
	return durationpb.New(d.wait)
}

// declined returns PAYMENT_DECLINED, or AUTHENTICATION_REQUIRED where that is what helps, with a Decline.
func declined(e StripeError, s Subject) *Error {
	detail := newDecline(e)
	reason := paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_DECLINED
	if detail.GetAdvice() == paymentsv1.DeclineAdvice_DECLINE_ADVICE_AUTHENTICATE {
		reason = paymentsv1.ErrorReason_ERROR_REASON_AUTHENTICATION_REQUIRED
	}
	err := New(reason).WithDetail(detail).
		WithMetadata("stripe_code", e.Code).
		WithMetadata("payment_id", e.PaymentIntentID).
		WithMetadata("setup_intent_id", e.SetupIntentID).
		WithMetadata("advice", shortAdvice(detail.GetAdvice()))
	if s.Type == "setup_intent" || s.Type == "payment_method" {
		err.Message = otherSentence(reason, methodDeclined)
	}
	return err
}

func newDecline(e StripeError) *paymentsv1.Decline {
	row := declineOf(e.Code, e.DeclineCode, e.AdviceCode)
	return &paymentsv1.Decline{
		PaymentId:       e.PaymentIntentID,
		SetupIntentId:   e.SetupIntentID,
		Code:            e.Code,
		DeclineCode:     e.DeclineCode,
		Advice:          row.advice,
		CustomerMessage: row.message,
		RetryAfter:      row.retryAfter(),
		RawAdviceCode:   e.AdviceCode,
	}
}

// NewPaymentError returns why a payment's last try failed, as the payment shows it. The ids are left to the caller.
func NewPaymentError(code, declineCode, adviceCode string) *paymentsv1.PaymentError {
	row := declineOf(code, declineCode, adviceCode)
	return &paymentsv1.PaymentError{
		Code:            code,
		DeclineCode:     declineCode,
		Advice:          row.advice,
		CustomerMessage: row.message,
		RawAdviceCode:   adviceCode,
	}
}

// KnownDecline is whether the table has a decline code of Stripe's.
func KnownDecline(declineCode string) bool {
	_, ok := declineCodes[declineCode]
	return ok
}

func shortAdvice(a paymentsv1.DeclineAdvice) string {
	return a.String()[len("DECLINE_ADVICE_"):]
}
