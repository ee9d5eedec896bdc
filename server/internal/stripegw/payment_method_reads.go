package stripegw

import (
	"context"
	"net/http"
	"net/url"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/customer"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

var (
	// readPaymentMethodFields are those of GetPaymentMethodRequest.
	readPaymentMethodFields = paramFields{"payment_method": "payment_method_id"}
	// listPaymentMethodsFields are those of ListPaymentMethodsRequest. The customer stands in the path.
	listPaymentMethodsFields = paramFields{
		"customer": "customer_id", "id": "customer_id", "type": "type", "starting_after": "page_token",
		// A code, for a parameter that Stripe does not name.
		"resource_missing": "customer_id",
	}
)

// GetPaymentMethod reads a payment method, `pm_...`, as Stripe has it now. Its errors are those of GetPayment.
func (g *Gateway) GetPaymentMethod(ctx context.Context, id string) (*paymentsv1.PaymentMethod, error) {
	subject := apierr.Subject{Type: paymentMethodSubject, ID: id}
	object, err := readObject(
		ctx, g, getPaymentMethodRequest(id), readPaymentMethodFields, subject, decodePaymentMethodObject)
	if err != nil {
		return nil, err
	}
	return object.message(), nil
}

// PaymentMethodPage reads one of Stripe's pages of a customer's payment methods, as PaymentPage does of payments. It is
// INVALID_FIELD on `customer_id` where there is no such customer, or it is deleted.
func (g *Gateway) PaymentMethodPage(
	ctx context.Context, req *paymentsv1.ListPaymentMethodsRequest, after string, limit int,
) (methods []*paymentsv1.PaymentMethod, more bool, err error) {
	r, err := listPaymentMethodsRequest(req, after, limit)
	if err != nil {
		return nil, false, internal(err)
	}
	objects, more, err := readPage(ctx, g, r, listPaymentMethodsFields, decodePaymentMethodObject)
	if err != nil {
		return nil, false, err
	}
	for _, object := range objects {
		methods = append(methods, object.message())
	}
	return methods, more, nil
}

// getPaymentMethodRequest is GET /v1/payment_methods/{payment_method}.
func getPaymentMethodRequest(id string) Request {
	return Request{Method: http.MethodGet, Path: paymentMethodPath + url.QueryEscape(id)}
}

// listPaymentMethodsRequest is GET /v1/customers/{customer}/payment_methods. The list at /v1/payment_methods is for
// others than paying customers.
func listPaymentMethodsRequest(req *paymentsv1.ListPaymentMethodsRequest, after string, limit int) (Request, error) {
	params := &stripe.CustomerListPaymentMethodsParams{
		ListParams: listParams(after, limit), Customer: new(req.GetCustomerId()), Type: given(req.GetType()),
	}
	rec := &recorder{}
	if err := (customer.Client{B: rec}).ListPaymentMethods(params).Err(); err != nil {
		return Request{}, err
	}
	return rec.request()
}
