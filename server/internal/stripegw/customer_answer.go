package stripegw

import (
	"encoding/json"
	"errors"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// customerObject is what we take from Stripe's customer, https://docs.stripe.com/api/customers/object. What is left
// of a deleted one has an id, and says so.
type customerObject struct {
	Object           string            `json:"object"`
	ID               string            `json:"id"`
	Deleted          bool              `json:"deleted"`
	Name             string            `json:"name"`
	Email            string            `json:"email"`
	Phone            string            `json:"phone"`
	Description      string            `json:"description"`
	Address          *address          `json:"address"`
	Shipping         *shipping         `json:"shipping"`
	PreferredLocales []string          `json:"preferred_locales"`
	InvoiceSettings  invoiceSettings   `json:"invoice_settings"`
	Metadata         map[string]string `json:"metadata"`
	Created          int64             `json:"created"`
	Delinquent       bool              `json:"delinquent"`
	Livemode         bool              `json:"livemode"`

	TestClock expandable[*onlyID] `json:"test_clock"`
}

type shipping struct {
	Name    string   `json:"name"`
	Phone   string   `json:"phone"`
	Address *address `json:"address"`
}

type invoiceSettings struct {
	DefaultPaymentMethod string `json:"default_payment_method"`
}

// decodeCustomerObject reads an answer that should be a customer. Without its type and id it is unreadable; any other
// field may be missing or of another type than expected, as in decodePaymentIntent.
func decodeCustomerObject(body []byte) (*customerObject, error) {
	object := &customerObject{}
	if err := json.Unmarshal(body, object); err != nil {
		if _, mismatch := errors.AsType[*json.UnmarshalTypeError](err); !mismatch {
			return nil, errUnreadable
		}
		// We ask for nothing to be expanded.
		var references struct {
			InvoiceSettings struct {
				DefaultPaymentMethod json.RawMessage `json:"default_payment_method"`
			} `json:"invoice_settings"`
		}
		_ = json.Unmarshal(body, &references)
		object.InvoiceSettings.DefaultPaymentMethod = reference(references.InvoiceSettings.DefaultPaymentMethod)
	}
	if object.Object != "customer" || object.ID == "" {
		return nil, errUnreadable
	}
	return object, nil
}

// decodeCustomer reads the answer of a write that makes, changes or deletes a customer.
func decodeCustomer(_ *Gateway, body []byte) (Outcome, error) {
	object, err := decodeCustomerObject(body)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Resource: object.message()}, nil
}

// message is the message for a customer. Of a deleted one it has the id and no more.
func (o *customerObject) message() *paymentsv1.Customer {
	if o.Deleted {
		return &paymentsv1.Customer{Id: o.ID, Deleted: true}
	}
	return &paymentsv1.Customer{
		Id:                     o.ID,
		Name:                   o.Name,
		Email:                  o.Email,
		Phone:                  o.Phone,
		Description:            o.Description,
		Address:                o.Address.message(),
		Shipping:               o.Shipping.message(),
		PreferredLocales:       o.PreferredLocales,
		DefaultPaymentMethodId: o.InvoiceSettings.DefaultPaymentMethod,
		Metadata:               visibleMetadata(o.Metadata),
		CreateTime:             timestamp(o.Created),
		Delinquent:             o.Delinquent,
		Livemode:               o.Livemode,
		TestClockId:            o.TestClock.ID,
	}
}

func (s *shipping) message() *paymentsv1.ShippingDetails {
	if s == nil {
		return nil
	}
	return &paymentsv1.ShippingDetails{Name: s.Name, Phone: s.Phone, Address: s.Address.message()}
}
