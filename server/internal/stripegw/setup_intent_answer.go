package stripegw

import (
	"encoding/json"
	"errors"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// setupIntent is what we take from Stripe's, https://docs.stripe.com/api/setup_intents/object.
type setupIntent struct {
	Object             string            `json:"object"`
	ID                 string            `json:"id"`
	Status             string            `json:"status"`
	Customer           string            `json:"customer"`
	PaymentMethod      string            `json:"payment_method"`
	PaymentMethodTypes []string          `json:"payment_method_types"`
	Usage              string            `json:"usage"`
	ClientSecret       string            `json:"client_secret"`
	NextAction         *nextAction       `json:"next_action"`
	LastSetupError     *paymentError     `json:"last_setup_error"`
	Mandate            string            `json:"mandate"`
	Description        string            `json:"description"`
	Metadata           map[string]string `json:"metadata"`
	Created            int64             `json:"created"`
	CancellationReason string            `json:"cancellation_reason"`
	Livemode           bool              `json:"livemode"`
}

// setupIntentStates is from Stripe's strings to our enum. A test holds it against the constants of stripe-go.
var setupIntentStates = map[string]paymentsv1.SetupIntentState{
	"requires_payment_method": paymentsv1.SetupIntentState_SETUP_INTENT_STATE_REQUIRES_PAYMENT_METHOD,
	"requires_confirmation":   paymentsv1.SetupIntentState_SETUP_INTENT_STATE_REQUIRES_CONFIRMATION,
	"requires_action":         paymentsv1.SetupIntentState_SETUP_INTENT_STATE_REQUIRES_ACTION,
	"processing":              paymentsv1.SetupIntentState_SETUP_INTENT_STATE_PROCESSING,
	"canceled":                paymentsv1.SetupIntentState_SETUP_INTENT_STATE_CANCELED,
	"succeeded":               paymentsv1.SetupIntentState_SETUP_INTENT_STATE_SUCCEEDED,
}

// decodeSetupIntentObject reads an answer that should be a setup intent. Without its type, id and status it is
// unreadable; any other field may be missing or of another type than expected, as in decodePaymentIntent.
func decodeSetupIntentObject(body []byte) (*setupIntent, error) {
	intent := &setupIntent{}
	if err := json.Unmarshal(body, intent); err != nil {
		if _, mismatch := errors.AsType[*json.UnmarshalTypeError](err); !mismatch {
			return nil, errUnreadable
		}
		intent.readReferences(body)
	}
	if intent.Object != "setup_intent" || intent.ID == "" || intent.Status == "" {
		return nil, errUnreadable
	}
	return intent, nil
}

// readReferences reads the fields that are an id or, expanded, an object with one. We ask for none to be expanded.
func (i *setupIntent) readReferences(body []byte) {
	var references struct {
		Customer      json.RawMessage `json:"customer"`
		PaymentMethod json.RawMessage `json:"payment_method"`
		Mandate       json.RawMessage `json:"mandate"`
	}
	// It is JSON, and a raw message takes any type.
	_ = json.Unmarshal(body, &references)
	i.Customer = reference(references.Customer)
	i.PaymentMethod = reference(references.PaymentMethod)
	i.Mandate = reference(references.Mandate)
}

// decodeSetupIntent reads the answer of a write that makes or changes a setup intent.
func decodeSetupIntent(g *Gateway, body []byte) (Outcome, error) {
	intent, err := decodeSetupIntentObject(body)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Resource: g.setupIntent(intent), ClientSecret: intent.clientSecret()}, nil
}

// clientSecret gives the secret out while there is something to do with it.
func (i *setupIntent) clientSecret() string {
	switch setupIntentStates[i.Status] {
	case paymentsv1.SetupIntentState_SETUP_INTENT_STATE_REQUIRES_PAYMENT_METHOD,
		paymentsv1.SetupIntentState_SETUP_INTENT_STATE_REQUIRES_CONFIRMATION,
		paymentsv1.SetupIntentState_SETUP_INTENT_STATE_REQUIRES_ACTION:
		return i.ClientSecret
	default:
		return ""
	}
}

// setupIntent is the message for a setup intent.
func (g *Gateway) setupIntent(intent *setupIntent) *paymentsv1.SetupIntent {
	m := &paymentsv1.SetupIntent{
		Id:                 intent.ID,
		CustomerId:         intent.Customer,
		PaymentMethodId:    intent.PaymentMethod,
		PaymentMethodTypes: intent.PaymentMethodTypes,
		NextAction:         nextActionMessage(intent.NextAction),
		LastError:          paymentErrorMessage(intent.LastSetupError),
		MandateId:          intent.Mandate,
		Description:        intent.Description,
		Metadata:           visibleMetadata(intent.Metadata),
		CreateTime:         timestamp(intent.Created),
		Livemode:           intent.Livemode,
	}
	m.State, m.RawState = enumValue(g, setupIntentStates, "setup_intent.status", intent.Status)
	m.Usage, m.RawUsage = enumValue(g, setupFutureUsages, "setup_intent.usage", intent.Usage)
	m.CancellationReason, m.RawCancellationReason = enumValue(
		g, cancellationReasons, "setup_intent.cancellation_reason", intent.CancellationReason)
	return m
}
