package stripegw

import (
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/customer"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// testClockParam is Stripe's parameter for the test clock in whose time an object lives.
const testClockParam = "test_clock"

// prepareCreateCustomer is POST /v1/customers.
func prepareCreateCustomer(r *recorder, req *paymentsv1.CreateCustomerRequest, operationID string) error {
	return createCustomer(r, req.GetCustomer(), req.GetTestClockId(), operationID)
}

// prepareEnsureCustomer is the same: the reference is ours alone, and never goes to Stripe.
func prepareEnsureCustomer(r *recorder, req *paymentsv1.EnsureCustomerRequest, operationID string) error {
	return createCustomer(r, req.GetCustomer(), "", operationID)
}

func createCustomer(r *recorder, c *paymentsv1.Customer, testClockID, operationID string) error {
	_, err := customer.Client{B: r}.New(&stripe.CustomerParams{
		Name:             given(c.GetName()),
		Email:            given(c.GetEmail()),
		Phone:            given(c.GetPhone()),
		Description:      given(c.GetDescription()),
		Address:          addressParams(c.GetAddress(), given),
		Shipping:         shippingParams(c.GetShipping(), given),
		PreferredLocales: givenAll(c.GetPreferredLocales()),
		TestClock:        given(testClockID),
		Metadata:         withOperation(c.GetMetadata(), operationID),
	})
	return err
}

// shippingParams are Stripe's for where goods go; of text see addressParams.
func shippingParams(s *paymentsv1.ShippingDetails, text func(string) *string) *stripe.CustomerShippingParams {
	return &stripe.CustomerShippingParams{
		Name: text(s.GetName()), Phone: text(s.GetPhone()), Address: addressParams(s.GetAddress(), text),
	}
}

// customerFields translates the parameters of a create. They are those of an update, too.
func customerFields() paramFields {
	return customerUpdates.fields(paramFields{testClockParam: "test_clock_id"})
}

// prepareDeleteCustomer is DELETE /v1/customers/{customer}.
func prepareDeleteCustomer(r *recorder, req *paymentsv1.DeleteCustomerRequest, _ string) error {
	if req.GetCustomerId() == "" {
		return apierr.InvalidField("customer_id", "is required")
	}
	_, err := customer.Client{B: r}.Del(req.GetCustomerId(), &stripe.CustomerParams{})
	return err
}

// prepareSetDefaultPaymentMethod is POST /v1/customers/{customer}. An empty id unsets the default.
func prepareSetDefaultPaymentMethod(r *recorder, req *paymentsv1.SetDefaultPaymentMethodRequest, _ string) error {
	if req.GetCustomerId() == "" {
		return apierr.InvalidField("customer_id", "is required")
	}
	_, err := customer.Client{B: r}.Update(req.GetCustomerId(), &stripe.CustomerParams{
		InvoiceSettings: &stripe.CustomerInvoiceSettingsParams{DefaultPaymentMethod: new(req.GetPaymentMethodId())},
	})
	return err
}
