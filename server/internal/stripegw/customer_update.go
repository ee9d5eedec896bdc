package stripegw

import (
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/customer"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// customerUpdates is what an update can change of a customer. Stripe unsets all of it, but for metadata, of which an
// empty value removes one pair. An address, and where goods go, are replaced whole: what is empty there is unset.
var customerUpdates = updates[*stripe.CustomerParams, *paymentsv1.Customer]{
	"name": {
		params: paramFields{"name": "customer.name"}, clears: true,
		set: func(params *stripe.CustomerParams, c *paymentsv1.Customer) error {
			params.Name = new(c.GetName())
			return nil
		},
	},
	"email": {
		// A code, for a parameter that Stripe does not name.
		params: paramFields{"email": "customer.email", "email_invalid": "customer.email"}, clears: true,
		set: func(params *stripe.CustomerParams, c *paymentsv1.Customer) error {
			params.Email = new(c.GetEmail())
			return nil
		},
	},
	"phone": {
		params: paramFields{"phone": "customer.phone"}, clears: true,
		set: func(params *stripe.CustomerParams, c *paymentsv1.Customer) error {
			params.Phone = new(c.GetPhone())
			return nil
		},
	},
	"description": {
		params: paramFields{"description": "customer.description"}, clears: true,
		set: func(params *stripe.CustomerParams, c *paymentsv1.Customer) error {
			params.Description = new(c.GetDescription())
			return nil
		},
	},
	"address": {
		params: addressFields("address", "customer.address"), clears: true,
		set: func(params *stripe.CustomerParams, c *paymentsv1.Customer) error {
			if proto.Size(c.GetAddress()) == 0 {
				params.AddExtra("address", "")
				return nil
			}
			params.Address = addressParams(c.GetAddress(), stripe.String)
			return nil
		},
	},
	"shipping": {
		params: joined(addressFields("shipping[address]", "customer.shipping.address"), paramFields{
			"shipping": "customer.shipping", "shipping[name]": "customer.shipping.name",
			"shipping[phone]": "customer.shipping.phone",
		}),
		clears: true,
		set: func(params *stripe.CustomerParams, c *paymentsv1.Customer) error {
			if s := c.GetShipping(); s.GetName() == "" && s.GetPhone() == "" && proto.Size(s.GetAddress()) == 0 {
				params.AddExtra("shipping", "")
				return nil
			}
			params.Shipping = shippingParams(c.GetShipping(), stripe.String)
			return nil
		},
	},
	"preferred_locales": {
		params: paramFields{"preferred_locales": "customer.preferred_locales"}, clears: true,
		set: func(params *stripe.CustomerParams, c *paymentsv1.Customer) error {
			// An empty list that is not nil unsets it.
			params.PreferredLocales = stripe.StringSlice(c.GetPreferredLocales())
			return nil
		},
	},
	metadataParam: {
		params: paramFields{metadataParam: "customer.metadata"},
		set: func(params *stripe.CustomerParams, c *paymentsv1.Customer) (err error) {
			params.Metadata, err = changedMetadata(c.GetMetadata(), "customer.metadata")
			return err
		},
	},
}

// prepareUpdateCustomer is POST /v1/customers/{customer}.
func prepareUpdateCustomer(r *recorder, req *paymentsv1.UpdateCustomerRequest, _ string) error {
	if req.GetCustomerId() == "" {
		return apierr.InvalidField("customer_id", "is required")
	}
	params := &stripe.CustomerParams{}
	if err := customerUpdates.prepare(params, req.GetUpdateMask(), req.GetCustomer()); err != nil {
		return err
	}
	_, err := customer.Client{B: r}.Update(req.GetCustomerId(), params)
	return err
}
