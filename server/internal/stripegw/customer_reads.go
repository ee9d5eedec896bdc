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
	// readCustomerFields are those of GetCustomerRequest.
	readCustomerFields = paramFields{"customer": "customer_id"}
	// listCustomersFields are those of ListCustomersRequest.
	listCustomersFields = paramFields{
		"email": "email", "created[gte]": "start_time", "created[lt]": "end_time", "starting_after": "page_token",
	}
)

// GetCustomer reads a customer, `cus_...`, as Stripe has it now. What is left of a deleted one is no error. Its
// errors are those of GetPayment.
func (g *Gateway) GetCustomer(ctx context.Context, id string) (*paymentsv1.Customer, error) {
	subject := apierr.Subject{Type: customerSubject, ID: id}
	object, err := readObject(ctx, g, getCustomerRequest(id), readCustomerFields, subject, decodeCustomerObject)
	if err != nil {
		return nil, err
	}
	return object.message(), nil
}

// CustomerPage reads one of Stripe's pages of customers, as PaymentPage does of payments. Time and e-mail address are
// Stripe's to filter by. There are no deleted ones in it.
func (g *Gateway) CustomerPage(
	ctx context.Context, req *paymentsv1.ListCustomersRequest, after string, limit int,
) (customers []*paymentsv1.Customer, more bool, err error) {
	r, err := listCustomersRequest(req, after, limit)
	if err != nil {
		return nil, false, internal(err)
	}
	objects, more, err := readPage(ctx, g, r, listCustomersFields, decodeCustomerObject)
	if err != nil {
		return nil, false, err
	}
	for _, object := range objects {
		customers = append(customers, object.message())
	}
	return customers, more, nil
}

// getCustomerRequest is GET /v1/customers/{customer}.
func getCustomerRequest(id string) Request {
	return Request{Method: http.MethodGet, Path: customerPath + url.QueryEscape(id)}
}

// listCustomersRequest is GET /v1/customers.
func listCustomersRequest(req *paymentsv1.ListCustomersRequest, after string, limit int) (Request, error) {
	params := &stripe.CustomerListParams{ListParams: listParams(after, limit), Email: given(req.GetEmail())}
	addTime(&params.ListParams, "gte", req.GetStartTime())
	addTime(&params.ListParams, "lt", req.GetEndTime())
	rec := &recorder{}
	if err := (customer.Client{B: rec}).List(params).Err(); err != nil {
		return Request{}, err
	}
	return rec.request()
}
