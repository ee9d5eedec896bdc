package stripegw

import (
	"context"
	"net/http"
	"net/url"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/refund"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

var (
	// readRefundFields are those of GetRefundRequest.
	readRefundFields = paramFields{"refund": "refund_id"}
	// listRefundsFields are those of ListRefundsRequest.
	listRefundsFields = paramFields{"payment_intent": "payment_id", "starting_after": "page_token"}
)

// GetRefund reads a refund, `re_...` or `pyr_...`, as Stripe has it now. Its errors are those of GetPayment.
func (g *Gateway) GetRefund(ctx context.Context, id string) (*paymentsv1.Refund, error) {
	subject := apierr.Subject{Type: refundSubject, ID: id}
	object, err := readObject(ctx, g, getRefundRequest(id), readRefundFields, subject, decodeRefundObject)
	if err != nil {
		return nil, err
	}
	return g.refund(object), nil
}

// RefundPage reads one of Stripe's pages of refunds, as PaymentPage does of payments.
func (g *Gateway) RefundPage(
	ctx context.Context, req *paymentsv1.ListRefundsRequest, after string, limit int,
) (refunds []*paymentsv1.Refund, more bool, err error) {
	r, err := listRefundsRequest(req, after, limit)
	if err != nil {
		return nil, false, internal(err)
	}
	objects, more, err := readPage(ctx, g, r, listRefundsFields, decodeRefundObject)
	if err != nil {
		return nil, false, err
	}
	for _, object := range objects {
		refunds = append(refunds, g.refund(object))
	}
	return refunds, more, nil
}

// getRefundRequest is GET /v1/refunds/{refund}.
func getRefundRequest(id string) Request {
	return Request{Method: http.MethodGet, Path: refundPath + url.QueryEscape(id)}
}

// listRefundsRequest is GET /v1/refunds.
func listRefundsRequest(req *paymentsv1.ListRefundsRequest, after string, limit int) (Request, error) {
	params := &stripe.RefundListParams{
		ListParams:    listParams(after, limit),
		PaymentIntent: given(req.GetPaymentId()),
	}
	rec := &recorder{}
	if err := (refund.Client{B: rec}).List(params).Err(); err != nil {
		return Request{}, err
	}
	return rec.request()
}
