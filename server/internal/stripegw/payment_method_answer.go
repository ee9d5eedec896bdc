package stripegw

import (
	"encoding/json"
	"errors"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// paymentMethodObject is what we take from Stripe's payment method, https://docs.stripe.com/api/payment_methods/object.
type paymentMethodObject struct {
	Object         string            `json:"object"`
	ID             string            `json:"id"`
	Customer       string            `json:"customer"`
	BillingDetails billingDetails    `json:"billing_details"`
	Metadata       map[string]string `json:"metadata"`
	Created        int64             `json:"created"`
	Livemode       bool              `json:"livemode"`
	// The kind stands beside them, as it does in a charge's details.
	paymentMethodDetails
}

type billingDetails struct {
	Name    string   `json:"name"`
	Email   string   `json:"email"`
	Phone   string   `json:"phone"`
	Address *address `json:"address"`
}

// decodePaymentMethodObject reads an answer that should be a payment method. Without its type and id it is unreadable;
// any other field may be missing or of another type than expected, as in decodePaymentIntent.
func decodePaymentMethodObject(body []byte) (*paymentMethodObject, error) {
	object := &paymentMethodObject{}
	if err := json.Unmarshal(body, object); err != nil {
		if _, mismatch := errors.AsType[*json.UnmarshalTypeError](err); !mismatch {
			return nil, errUnreadable
		}
		// We ask for nothing to be expanded.
		var references struct {
			Customer json.RawMessage `json:"customer"`
		}
		_ = json.Unmarshal(body, &references)
		object.Customer = reference(references.Customer)
	}
	if object.Object != "payment_method" || object.ID == "" {
		return nil, errUnreadable
	}
	return object, nil
}

// decodePaymentMethod reads the answer of a write that makes or changes a payment method.
func decodePaymentMethod(_ *Gateway, body []byte) (Outcome, error) {
	object, err := decodePaymentMethodObject(body)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Resource: object.message()}, nil
}

// message is the message for a payment method.
func (o *paymentMethodObject) message() *paymentsv1.PaymentMethod {
	return &paymentsv1.PaymentMethod{
		Id:             o.ID,
		CustomerId:     o.Customer,
		Details:        paymentMethodDetailsMessage(&o.paymentMethodDetails),
		BillingDetails: o.BillingDetails.message(),
		Metadata:       visibleMetadata(o.Metadata),
		CreateTime:     timestamp(o.Created),
		Livemode:       o.Livemode,
	}
}

// message is nil where nothing is known of whose it is: Stripe has billing details at every method.
func (b *billingDetails) message() *paymentsv1.BillingDetails {
	address := b.Address.message()
	if b.Name == "" && b.Email == "" && b.Phone == "" && address == nil {
		return nil
	}
	return &paymentsv1.BillingDetails{Name: b.Name, Email: b.Email, Phone: b.Phone, Address: address}
}
