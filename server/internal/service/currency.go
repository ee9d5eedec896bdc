package service

import (
	"context"
	"errors"
	"strings"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/operation"
)

// partOfPayment is a request to move a part of a payment's money.
type partOfPayment interface {
	GetPaymentId() string
	GetAmount() *paymentsv1.Money
}

// sameCurrency checks that an amount is in the currency of its payment. Stripe takes none there: it would move 10.00 of
// the payment's dollars for 1000 of the caller's yen. Without an amount there is nothing to check, and nothing is read.
func (s *Payments) sameCurrency(req partOfPayment) []operation.Check {
	if req.GetAmount() == nil {
		return nil
	}
	return []operation.Check{func(ctx context.Context) error {
		payment, err := s.reads.GetPayment(ctx, req.GetPaymentId())
		switch {
		case isMissing(err):
			// The write says it better: to one rpc the payment is the subject, to another a field.
			return nil
		case err != nil:
			return err
		case !strings.EqualFold(payment.GetAmount().GetCurrencyCode(), req.GetAmount().GetCurrencyCode()):
			return apierr.InvalidField("amount.currency_code", "is not the currency of the payment")
		}
		return nil
	}}
}

func isMissing(err error) bool {
	var e *apierr.Error
	return errors.As(err, &e) && e.Reason == paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_MISSING
}
