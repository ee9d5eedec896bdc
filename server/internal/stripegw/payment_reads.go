package stripegw

import (
	"context"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/paymentintent"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// listPaymentsFields are those of ListPaymentsRequest.
var listPaymentsFields = paramFields{
	"customer":       "customer_id",
	"created[gte]":   "start_time",
	"created[lt]":    "end_time",
	"starting_after": "page_token",
}

// PaymentClientSecret reads the client secret of a payment, whatever its state. Its errors are those of GetPayment.
func (g *Gateway) PaymentClientSecret(ctx context.Context, id string) (string, error) {
	intent, err := g.readPayment(ctx, id)
	if err != nil {
		return "", err
	}
	if intent.ClientSecret == "" {
		return "", readError(ctx, &SendError{Answer: Answer{Status: 200}, cause: errUnreadable}, nil, apierr.Subject{})
	}
	return intent.ClientSecret, nil
}

// PaymentPage reads one of Stripe's pages of payments, the newest first, each with its latest charge: up to limit,
// which is 1 to 100, behind the one with the id `after`, and whether there are more. Customer and time of the request
// are Stripe's to filter by; its states are not. Its errors are those of GetPayment, but INVALID_FIELD where Stripe
// refuses a filter, on `page_token` where there is no payment `after`.
func (g *Gateway) PaymentPage(
	ctx context.Context, req *paymentsv1.ListPaymentsRequest, after string, limit int,
) (payments []*paymentsv1.Payment, more bool, err error) {
	r, err := listPaymentsRequest(req, after, limit)
	if err != nil {
		return nil, false, internal(err)
	}
	intents, more, err := readPage(ctx, g, r, listPaymentsFields, decodePaymentIntent)
	if err != nil {
		return nil, false, err
	}
	for _, intent := range intents {
		payments = append(payments, g.payment(intent))
	}
	return payments, more, nil
}

// listPaymentsRequest is GET /v1/payment_intents.
func listPaymentsRequest(req *paymentsv1.ListPaymentsRequest, after string, limit int) (Request, error) {
	params := &stripe.PaymentIntentListParams{
		ListParams: listParams(after, limit),
		Customer:   given(req.GetCustomerId()),
	}
	addTime(&params.ListParams, "gte", req.GetStartTime())
	addTime(&params.ListParams, "lt", req.GetEndTime())
	params.AddExpand("data." + expandCharge)
	rec := &recorder{}
	if err := (paymentintent.Client{B: rec}).List(params).Err(); err != nil {
		return Request{}, err
	}
	return rec.request()
}
