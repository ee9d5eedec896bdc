package sandbox

import "net/http"

// Statuses of an invoice (docs.stripe.com/invoicing/integration/workflow-transitions).
const (
	invoiceDraft         = "draft"
	invoiceOpen          = "open"
	invoicePaid          = "paid"
	invoiceUncollectible = "uncollectible"
	invoiceVoid          = "void"
)

// Why an invoice was made (docs.stripe.com/api/invoices/object, billing_reason).
const (
	reasonManual   = "manual"
	reasonCreate   = "subscription_create"
	reasonCycle    = "subscription_cycle"
	reasonUpdate   = "subscription_update"
	reasonUpcoming = "upcoming"
)

// How an invoice is collected.
const (
	collectAutomatically = "charge_automatically"
	collectBySending     = "send_invoice"
)

// invoice is Stripe's object, its properties in Stripe's order. An upcoming one has no id, and it alone can have
// subscription_proration_date. Drafts have no number, no links and no payment intent.
type invoice struct {
	ID                           string                 `json:"id,omitempty"`
	Object                       string                 `json:"object"`
	AccountCountry               string                 `json:"account_country"`
	AccountName                  string                 `json:"account_name"`
	AccountTaxIDs                null                   `json:"account_tax_ids"`
	AmountDue                    int64                  `json:"amount_due"`
	AmountPaid                   int64                  `json:"amount_paid"`
	AmountRemaining              int64                  `json:"amount_remaining"`
	AmountShipping               int64                  `json:"amount_shipping"`
	Application                  null                   `json:"application"`
	ApplicationFeeAmount         null                   `json:"application_fee_amount"`
	AttemptCount                 int64                  `json:"attempt_count"`
	Attempted                    bool                   `json:"attempted"`
	AutoAdvance                  bool                   `json:"auto_advance"`
	AutomaticTax                 invoiceTax             `json:"automatic_tax"`
	BillingReason                string                 `json:"billing_reason"`
	Charge                       ref                    `json:"charge"`
	CollectionMethod             string                 `json:"collection_method"`
	Created                      int64                  `json:"created"`
	Currency                     string                 `json:"currency"`
	CustomFields                 null                   `json:"custom_fields"`
	Customer                     ref                    `json:"customer"`
	CustomerAddress              *address               `json:"customer_address"`
	CustomerEmail                nullString             `json:"customer_email"`
	CustomerName                 nullString             `json:"customer_name"`
	CustomerPhone                nullString             `json:"customer_phone"`
	CustomerShipping             *shipping              `json:"customer_shipping"`
	CustomerTaxExempt            string                 `json:"customer_tax_exempt"`
	CustomerTaxIDs               []string               `json:"customer_tax_ids"`
	DefaultPaymentMethod         ref                    `json:"default_payment_method"`
	DefaultSource                null                   `json:"default_source"`
	DefaultTaxRates              []string               `json:"default_tax_rates"`
	Description                  nullString             `json:"description"`
	Discount                     null                   `json:"discount"`
	Discounts                    []string               `json:"discounts"`
	DueDate                      *int64                 `json:"due_date"`
	EffectiveAt                  *int64                 `json:"effective_at"`
	EndingBalance                *int64                 `json:"ending_balance"`
	Footer                       nullString             `json:"footer"`
	FromInvoice                  null                   `json:"from_invoice"`
	HostedInvoiceURL             nullString             `json:"hosted_invoice_url"`
	InvoicePDF                   nullString             `json:"invoice_pdf"`
	Issuer                       invoiceIssuer          `json:"issuer"`
	LastFinalizationError        null                   `json:"last_finalization_error"`
	LatestRevision               null                   `json:"latest_revision"`
	Lines                        invoiceLines           `json:"lines"`
	Livemode                     bool                   `json:"livemode"`
	Metadata                     map[string]string      `json:"metadata"`
	NextPaymentAttempt           *int64                 `json:"next_payment_attempt"`
	Number                       nullString             `json:"number"`
	OnBehalfOf                   null                   `json:"on_behalf_of"`
	Paid                         bool                   `json:"paid"`
	PaidOutOfBand                bool                   `json:"paid_out_of_band"`
	PaymentIntent                ref                    `json:"payment_intent"`
	PaymentSettings              invoicePaymentSettings `json:"payment_settings"`
	PeriodEnd                    int64                  `json:"period_end"`
	PeriodStart                  int64                  `json:"period_start"`
	PostPaymentCreditNotesAmount int64                  `json:"post_payment_credit_notes_amount"`
	PrePaymentCreditNotesAmount  int64                  `json:"pre_payment_credit_notes_amount"`
	Quote                        null                   `json:"quote"`
	ReceiptNumber                null                   `json:"receipt_number"`
	Rendering                    null                   `json:"rendering"`
	ShippingCost                 null                   `json:"shipping_cost"`
	ShippingDetails              null                   `json:"shipping_details"`
	StartingBalance              int64                  `json:"starting_balance"`
	StatementDescriptor          nullString             `json:"statement_descriptor"`
	Status                       string                 `json:"status"`
	StatusTransitions            invoiceTransitions     `json:"status_transitions"`
	Subscription                 ref                    `json:"subscription"`
	SubscriptionDetails          invoiceSubscription    `json:"subscription_details"`
	SubscriptionProrationDate    int64                  `json:"subscription_proration_date,omitempty"`
	Subtotal                     int64                  `json:"subtotal"`
	SubtotalExcludingTax         int64                  `json:"subtotal_excluding_tax"`
	Tax                          null                   `json:"tax"`
	TestClock                    ref                    `json:"test_clock"`
	Total                        int64                  `json:"total"`
	TotalDiscountAmounts         []string               `json:"total_discount_amounts"`
	TotalExcludingTax            int64                  `json:"total_excluding_tax"`
	TotalTaxAmounts              []string               `json:"total_tax_amounts"`
	TransferData                 null                   `json:"transfer_data"`
	WebhooksDeliveredAt          *int64                 `json:"webhooks_delivered_at"`

	all     []*invoiceLine // every line; Lines shows the first of them
	deleted bool           // it was a draft and is gone
}

// invoiceTax says that the sandbox reckons no taxes.
type invoiceTax struct {
	Enabled   bool `json:"enabled"`
	Liability null `json:"liability"`
	Status    null `json:"status"`
}

type invoiceIssuer struct {
	Type string `json:"type"`
}

// invoicePaymentSettings are those of the subscription, where there is one.
type invoicePaymentSettings struct {
	DefaultMandate       null     `json:"default_mandate"`
	PaymentMethodOptions null     `json:"payment_method_options"`
	PaymentMethodTypes   []string `json:"payment_method_types"` // nil for those of the Dashboard
}

// invoiceTransitions are the times at which the invoice came to its statuses.
type invoiceTransitions struct {
	FinalizedAt           *int64 `json:"finalized_at"`
	MarkedUncollectibleAt *int64 `json:"marked_uncollectible_at"`
	PaidAt                *int64 `json:"paid_at"`
	VoidedAt              *int64 `json:"voided_at"`
}

// invoiceSubscription is the subscription as it was when the invoice was made.
type invoiceSubscription struct {
	Metadata map[string]string `json:"metadata"`
}

func (i *invoice) identity() string { return i.ID }

// payable says whether an invoice can still be paid.
func (i *invoice) payable() bool { return i.Status == invoiceOpen || i.Status == invoiceUncollectible }

// findInvoice finds the invoice of the path, and enters the time of its customer. The parameter is what Stripe blames
// for one that does not exist: id where something is done with it, invoice elsewhere.
func (s *Sandbox) findInvoice(c *call, param string) (*invoice, *failure) {
	inv, ok := s.world.invoices.get(c.id)
	if !ok || inv.deleted {
		return nil, missing(http.StatusNotFound, "invoice", c.id, param)
	}
	s.enter(c, inv.Customer.id)
	return inv, nil
}

// putInvoice stores an invoice that was changed. Whoever changes one for a reason of their own (the plan of its
// retries, say) copies it and calls this; there is no event but the one that they emit.
func (s *Sandbox) putInvoice(inv *invoice) {
	s.world.invoices.put(inv.ID, inv)
}

// tellUpdate tells what changed of an invoice, if anything did: a second try can end as the first.
func (s *Sandbox) tellUpdate(c *call, now, before *invoice) {
	if len(previous(compact(before), compact(now))) > 0 {
		s.emit(c, "invoice.updated", now, before)
	}
}
