package stripegw

import (
	"encoding/json"
	"errors"
	"math"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

// errUnreadable says no more, since the texts of the JSON decoder quote the body.
const errUnreadable = apierr.ConstError("the answer is not the object that was expected")

// noAmount stands where no amount was read. Stripe has no such amount.
const noAmount = math.MinInt64

// paymentIntent is what we take from Stripe's, https://docs.stripe.com/api/payment_intents/object: a lean struct, since
// decoding all of it costs more than the rest of a call. Plain types are right: where Stripe sends another type than
// expected, encoding/json leaves the field empty, reads on, and says so at the end.
type paymentIntent struct {
	Object                    string            `json:"object"`
	ID                        string            `json:"id"`
	Status                    string            `json:"status"`
	Amount                    int64             `json:"amount"`
	Currency                  string            `json:"currency"`
	AmountCapturable          int64             `json:"amount_capturable"`
	AmountReceived            int64             `json:"amount_received"`
	Customer                  string            `json:"customer"`
	PaymentMethod             string            `json:"payment_method"`
	Invoice                   string            `json:"invoice"`
	ClientSecret              string            `json:"client_secret"`
	NextAction                *nextAction       `json:"next_action"`
	LastPaymentError          *paymentError     `json:"last_payment_error"`
	CaptureMethod             string            `json:"capture_method"`
	Created                   int64             `json:"created"`
	CanceledAt                int64             `json:"canceled_at"`
	CancellationReason        string            `json:"cancellation_reason"`
	Description               string            `json:"description"`
	StatementDescriptor       string            `json:"statement_descriptor"`
	StatementDescriptorSuffix string            `json:"statement_descriptor_suffix"`
	ReceiptEmail              string            `json:"receipt_email"`
	Metadata                  map[string]string `json:"metadata"`
	SetupFutureUsage          string            `json:"setup_future_usage"`
	PaymentMethodTypes        []string          `json:"payment_method_types"`
	LatestCharge              *charge           `json:"latest_charge"`
	Livemode                  bool              `json:"livemode"`
}

type nextAction struct {
	Type          string `json:"type"`
	RedirectToURL struct {
		URL       string `json:"url"`
		ReturnURL string `json:"return_url"`
	} `json:"redirect_to_url"`
	DisplayBankTransferInstructions struct {
		HostedInstructionsURL string `json:"hosted_instructions_url"`
		Reference             string `json:"reference"`
		AmountRemaining       *int64 `json:"amount_remaining"`
		Currency              string `json:"currency"`
	} `json:"display_bank_transfer_instructions"`
	VerifyWithMicrodeposits struct {
		ArrivalDate           int64  `json:"arrival_date"`
		HostedVerificationURL string `json:"hosted_verification_url"`
		MicrodepositType      string `json:"microdeposit_type"`
	} `json:"verify_with_microdeposits"`
}

type paymentError struct {
	Code          string `json:"code"`
	DeclineCode   string `json:"decline_code"`
	AdviceCode    string `json:"advice_code"`
	Charge        string `json:"charge"`
	PaymentMethod struct {
		ID string `json:"id"`
	} `json:"payment_method"`
}

// decodePaymentIntent reads an answer that should be a payment intent, in one pass. Without its type, id, status,
// amount and currency it is unreadable; any other field may be missing or of another type than expected, since an answer about
// money that has moved must be understood.
func decodePaymentIntent(body []byte) (*paymentIntent, error) {
	intent := &paymentIntent{Amount: noAmount}
	if err := json.Unmarshal(body, intent); err != nil {
		if _, mismatch := errors.AsType[*json.UnmarshalTypeError](err); !mismatch {
			return nil, errUnreadable
		}
		intent.readReferences(body)
	}
	if intent.Object != "payment_intent" || intent.ID == "" || intent.Status == "" || intent.Amount == noAmount || intent.Currency == "" {
		return nil, errUnreadable
	}
	return intent, nil
}

// readReferences reads the fields that are an id or, expanded, an object with one. It is the second pass over an answer
// that surprised us: ours ask for the charge to be expanded and nothing else.
func (p *paymentIntent) readReferences(body []byte) {
	var references struct {
		Customer      json.RawMessage `json:"customer"`
		PaymentMethod json.RawMessage `json:"payment_method"`
		Invoice       json.RawMessage `json:"invoice"`
		LatestCharge  json.RawMessage `json:"latest_charge"`
	}
	// It is JSON, and a raw message takes any type.
	_ = json.Unmarshal(body, &references)
	p.Customer = reference(references.Customer)
	p.PaymentMethod = reference(references.PaymentMethod)
	p.Invoice = reference(references.Invoice)
	if p.LatestCharge != nil && p.LatestCharge.ID == "" {
		p.LatestCharge = &charge{ID: reference(references.LatestCharge), unexpanded: true}
	}
}
