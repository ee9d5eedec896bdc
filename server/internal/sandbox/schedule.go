package sandbox

// Statuses of a subscription schedule (spec3.json, subscription_schedule).
const (
	scheduleNotStarted = "not_started"
	scheduleActive     = "active"
	scheduleCompleted  = "completed"
	scheduleReleased   = "released"
	scheduleCanceled   = "canceled"
)

// subscriptionSchedule is Stripe's object, its properties in Stripe's order.
type subscriptionSchedule struct {
	ID                   string            `json:"id"`
	Object               string            `json:"object"`
	Application          null              `json:"application"`
	CanceledAt           *int64            `json:"canceled_at"`
	CompletedAt          *int64            `json:"completed_at"`
	Created              int64             `json:"created"`
	CurrentPhase         *currentPhase     `json:"current_phase"`
	Customer             ref               `json:"customer"`
	DefaultSettings      scheduleSettings  `json:"default_settings"`
	EndBehavior          string            `json:"end_behavior"`
	Livemode             bool              `json:"livemode"`
	Metadata             map[string]string `json:"metadata"`
	Phases               []schedulePhase   `json:"phases"`
	ReleasedAt           *int64            `json:"released_at"`
	ReleasedSubscription nullString        `json:"released_subscription"`
	Status               string            `json:"status"`
	Subscription         ref               `json:"subscription"`
	TestClock            ref               `json:"test_clock"`
}

type currentPhase struct {
	EndDate   int64 `json:"end_date"`
	StartDate int64 `json:"start_date"`
}

// scheduleSettings hold for every phase that says nothing else.
type scheduleSettings struct {
	ApplicationFeePercent null                    `json:"application_fee_percent"`
	AutomaticTax          subscriptionTax         `json:"automatic_tax"`
	BillingCycleAnchor    string                  `json:"billing_cycle_anchor"`
	BillingThresholds     null                    `json:"billing_thresholds"`
	CollectionMethod      nullString              `json:"collection_method"`
	DefaultPaymentMethod  ref                     `json:"default_payment_method"`
	Description           nullString              `json:"description"`
	InvoiceSettings       scheduleInvoiceSettings `json:"invoice_settings"`
	OnBehalfOf            null                    `json:"on_behalf_of"`
	TransferData          null                    `json:"transfer_data"`
}

type scheduleInvoiceSettings struct {
	AccountTaxIDs null        `json:"account_tax_ids"`
	DaysUntilDue  *int64      `json:"days_until_due"`
	Issuer        issuerOfOwn `json:"issuer"`
}

// issuerOfOwn says that the account itself issues the invoice.
type issuerOfOwn struct {
	Type string `json:"type"`
}

// schedulePhase is what a subscription is for a time.
type schedulePhase struct {
	AddInvoiceItems       []string          `json:"add_invoice_items"`
	ApplicationFeePercent null              `json:"application_fee_percent"`
	BillingCycleAnchor    nullString        `json:"billing_cycle_anchor"`
	BillingThresholds     null              `json:"billing_thresholds"`
	CollectionMethod      nullString        `json:"collection_method"`
	Coupon                null              `json:"coupon"`
	Currency              string            `json:"currency"`
	DefaultPaymentMethod  ref               `json:"default_payment_method"`
	DefaultTaxRates       []string          `json:"default_tax_rates"`
	Description           nullString        `json:"description"`
	EndDate               int64             `json:"end_date"`
	InvoiceSettings       null              `json:"invoice_settings"`
	Items                 []scheduleItem    `json:"items"`
	Metadata              map[string]string `json:"metadata"`
	OnBehalfOf            null              `json:"on_behalf_of"`
	ProrationBehavior     string            `json:"proration_behavior"`
	StartDate             int64             `json:"start_date"`
	TransferData          null              `json:"transfer_data"`
	TrialEnd              *int64            `json:"trial_end"`
}

// scheduleItem is an item that a subscription has in a phase. Plan is not in the published description, but
// api.stripe.com sends it.
type scheduleItem struct {
	BillingThresholds null              `json:"billing_thresholds"`
	Metadata          map[string]string `json:"metadata"`
	Plan              nullString        `json:"plan"`
	Price             ref               `json:"price"`
	Quantity          *int64            `json:"quantity,omitempty"`
	TaxRates          []string          `json:"tax_rates"`
}

func (sched *subscriptionSchedule) identity() string { return sched.ID }

// managing says whether a schedule still has a hold on its subscription.
func (sched *subscriptionSchedule) managing() bool {
	return sched.Status == scheduleActive || sched.Status == scheduleNotStarted
}
