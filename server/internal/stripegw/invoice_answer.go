package stripegw

import (
	"encoding/json"
	"errors"
)

// invoiceObject is what we take from Stripe's invoice, https://docs.stripe.com/api/invoices/object. One that does not
// exist yet, a preview, has no id.
type invoiceObject struct {
	Object                    string                     `json:"object"`
	ID                        string                     `json:"id"`
	AmountDue                 *int64                     `json:"amount_due"`
	AmountPaid                *int64                     `json:"amount_paid"`
	AmountRemaining           *int64                     `json:"amount_remaining"`
	AttemptCount              int32                      `json:"attempt_count"`
	AutoAdvance               bool                       `json:"auto_advance"`
	BillingReason             string                     `json:"billing_reason"`
	CollectionMethod          string                     `json:"collection_method"`
	Created                   int64                      `json:"created"`
	Currency                  string                     `json:"currency"`
	Customer                  expandable[*onlyID]        `json:"customer"`
	DefaultPaymentMethod      expandable[*onlyID]        `json:"default_payment_method"`
	Description               string                     `json:"description"`
	DueDate                   int64                      `json:"due_date"`
	EndingBalance             *int64                     `json:"ending_balance"`
	HostedInvoiceURL          string                     `json:"hosted_invoice_url"`
	InvoicePDF                string                     `json:"invoice_pdf"`
	Lines                     invoiceLines               `json:"lines"`
	Livemode                  bool                       `json:"livemode"`
	Metadata                  map[string]string          `json:"metadata"`
	NextPaymentAttempt        int64                      `json:"next_payment_attempt"`
	Number                    string                     `json:"number"`
	PaidOutOfBand             bool                       `json:"paid_out_of_band"`
	PaymentIntent             expandable[*paymentIntent] `json:"payment_intent"`
	PeriodEnd                 int64                      `json:"period_end"`
	PeriodStart               int64                      `json:"period_start"`
	StartingBalance           *int64                     `json:"starting_balance"`
	Status                    string                     `json:"status"`
	StatusTransitions         invoiceTransitions         `json:"status_transitions"`
	Subscription              expandable[*onlyID]        `json:"subscription"`
	SubscriptionProrationDate int64                      `json:"subscription_proration_date"`
	Subtotal                  *int64                     `json:"subtotal"`
	Total                     *int64                     `json:"total"`
}

// invoiceLines is the beginning of an invoice's lines.
type invoiceLines struct {
	Data    []invoiceLineObject `json:"data"`
	HasMore bool                `json:"has_more"`
}

// invoiceTransitions is when an invoice came into its states.
type invoiceTransitions struct {
	FinalizedAt int64 `json:"finalized_at"`
	PaidAt      int64 `json:"paid_at"`
	VoidedAt    int64 `json:"voided_at"`
}

// invoiceLineObject is what we take from a line of an invoice, https://docs.stripe.com/api/invoice-line-item/object.
type invoiceLineObject struct {
	Object      string `json:"object"`
	ID          string `json:"id"`
	Amount      *int64 `json:"amount"`
	Currency    string `json:"currency"`
	Description string `json:"description"`
	Period      struct {
		Start int64 `json:"start"`
		End   int64 `json:"end"`
	} `json:"period"`
	Price            expandable[*onlyID] `json:"price"`
	Proration        bool                `json:"proration"`
	Quantity         int64               `json:"quantity"`
	SubscriptionItem expandable[*onlyID] `json:"subscription_item"`
}

// decodeInvoiceObject reads an answer that should be an invoice that exists. Without its type, id, currency and what is
// due it is unreadable; any other field may be missing or of another type than expected, as in decodePaymentIntent.
func decodeInvoiceObject(body []byte) (*invoiceObject, error) {
	object, err := decodePreview(body)
	if err == nil && object.ID == "" {
		return nil, errUnreadable
	}
	return object, err
}

// decodePreview reads an answer that should be an invoice, which may have no id.
func decodePreview(body []byte) (*invoiceObject, error) {
	object := &invoiceObject{}
	if err := json.Unmarshal(body, object); err != nil {
		if _, mismatch := errors.AsType[*json.UnmarshalTypeError](err); !mismatch {
			return nil, errUnreadable
		}
	}
	if !object.readable() {
		return nil, errUnreadable
	}
	return object, nil
}

// readable is whether it says what an invoice must say.
func (o *invoiceObject) readable() bool {
	return o.Object == "invoice" && o.Currency != "" && o.AmountDue != nil
}

// decodeInvoiceLine reads one line of a page of them.
func decodeInvoiceLine(body []byte) (*invoiceLineObject, error) {
	line := &invoiceLineObject{}
	err := json.Unmarshal(body, line)
	if _, mismatch := errors.AsType[*json.UnmarshalTypeError](err); err != nil && !mismatch {
		return nil, errUnreadable
	}
	if line.Object != "line_item" || line.ID == "" || line.Amount == nil {
		return nil, errUnreadable
	}
	return line, nil
}
