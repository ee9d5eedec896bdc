package sandbox

import (
	"slices"
	"time"
)

// Statuses of a subscription (spec3.json, subscription).
const (
	subscriptionIncomplete        = "incomplete"
	subscriptionIncompleteExpired = "incomplete_expired"
	subscriptionTrialing          = "trialing"
	subscriptionActive            = "active"
	subscriptionPastDue           = "past_due"
	subscriptionCanceled          = "canceled"
	subscriptionUnpaid            = "unpaid"
	subscriptionPaused            = "paused"
)

// subscription is Stripe's object, its properties in Stripe's order.
type subscription struct {
	ID                            string              `json:"id"`
	Object                        string              `json:"object"`
	Application                   null                `json:"application"`
	ApplicationFeePercent         null                `json:"application_fee_percent"`
	AutomaticTax                  subscriptionTax     `json:"automatic_tax"`
	BillingCycleAnchor            int64               `json:"billing_cycle_anchor"`
	BillingCycleAnchorConfig      null                `json:"billing_cycle_anchor_config"`
	BillingThresholds             null                `json:"billing_thresholds"`
	CancelAt                      *int64              `json:"cancel_at"`
	CancelAtPeriodEnd             bool                `json:"cancel_at_period_end"`
	CanceledAt                    *int64              `json:"canceled_at"`
	CancellationDetails           cancellationDetails `json:"cancellation_details"`
	CollectionMethod              string              `json:"collection_method"`
	Created                       int64               `json:"created"`
	Currency                      string              `json:"currency"`
	CurrentPeriodEnd              int64               `json:"current_period_end"`
	CurrentPeriodStart            int64               `json:"current_period_start"`
	Customer                      ref                 `json:"customer"`
	DaysUntilDue                  *int64              `json:"days_until_due"`
	DefaultPaymentMethod          ref                 `json:"default_payment_method"`
	DefaultSource                 null                `json:"default_source"`
	DefaultTaxRates               []string            `json:"default_tax_rates"`
	Description                   nullString          `json:"description"`
	Discount                      null                `json:"discount"`
	EndedAt                       *int64              `json:"ended_at"`
	Items                         subscriptionItems   `json:"items"`
	LatestInvoice                 ref                 `json:"latest_invoice"`
	Livemode                      bool                `json:"livemode"`
	Metadata                      map[string]string   `json:"metadata"`
	NextPendingInvoiceItemInvoice null                `json:"next_pending_invoice_item_invoice"`
	OnBehalfOf                    null                `json:"on_behalf_of"`
	PauseCollection               *pauseCollection    `json:"pause_collection"`
	PaymentSettings               subscriptionPayment `json:"payment_settings"`
	PendingInvoiceItemInterval    null                `json:"pending_invoice_item_interval"`
	PendingSetupIntent            ref                 `json:"pending_setup_intent"`
	PendingUpdate                 *pendingUpdate      `json:"pending_update"`
	Plan                          *plan               `json:"plan"` // of the only item
	Quantity                      *int64              `json:"quantity,omitempty"`
	Schedule                      ref                 `json:"schedule"`
	StartDate                     int64               `json:"start_date"`
	Status                        string              `json:"status"`
	TestClock                     ref                 `json:"test_clock"`
	TransferData                  null                `json:"transfer_data"`
	TrialEnd                      *int64              `json:"trial_end"`
	TrialSettings                 trialSettings       `json:"trial_settings"`
	TrialStart                    *int64              `json:"trial_start"`

	busy       bool   // a request is in the middle of changing it, and tells the outcome itself
	resumption string // the invoice that must be paid before a paused one runs again
}

type subscriptionTax struct {
	Enabled   bool `json:"enabled"`
	Liability null `json:"liability"`
}

type cancellationDetails struct {
	Comment  nullString `json:"comment"`
	Feedback nullString `json:"feedback"`
	Reason   nullString `json:"reason"`
}

// pauseCollection stops the collection of a subscription's invoices, and nothing else of it.
type pauseCollection struct {
	Behavior  string `json:"behavior"`
	ResumesAt *int64 `json:"resumes_at"`
}

type subscriptionPayment struct {
	PaymentMethodOptions     null     `json:"payment_method_options"`
	PaymentMethodTypes       []string `json:"payment_method_types"`
	SaveDefaultPaymentMethod string   `json:"save_default_payment_method"`
}

type trialSettings struct {
	EndBehavior trialEndBehavior `json:"end_behavior"`
}

type trialEndBehavior struct {
	MissingPaymentMethod string `json:"missing_payment_method"`
}

// pendingUpdate is a change that waits for the payment of its invoice.
type pendingUpdate struct {
	BillingCycleAnchor *int64              `json:"billing_cycle_anchor"`
	ExpiresAt          int64               `json:"expires_at"`
	SubscriptionItems  []*subscriptionItem `json:"subscription_items"`
	TrialEnd           *int64              `json:"trial_end"`
	TrialFromPlan      null                `json:"trial_from_plan"`

	invoice string        // the invoice that must be paid
	result  *subscription // what the subscription becomes
}

// subscriptionItems is the list of a subscription's items.
type subscriptionItems struct {
	Object     string              `json:"object"`
	Data       []*subscriptionItem `json:"data"`
	HasMore    bool                `json:"has_more"`
	TotalCount int                 `json:"total_count"`
	URL        string              `json:"url"`
}

// subscriptionItem is Stripe's object, its properties in Stripe's order. Plan is not in the published description, but
// api.stripe.com sends it.
type subscriptionItem struct {
	ID                string            `json:"id"`
	Object            string            `json:"object"`
	BillingThresholds null              `json:"billing_thresholds"`
	Created           int64             `json:"created"`
	Metadata          map[string]string `json:"metadata"`
	Plan              *plan             `json:"plan"`
	Price             *price            `json:"price"`
	Quantity          *int64            `json:"quantity,omitempty"` // a metered price has none
	Subscription      string            `json:"subscription"`
	TaxRates          []string          `json:"tax_rates"`
}

func (sub *subscription) identity() string { return sub.ID }

// ended says whether nothing can become of a subscription any more.
func (sub *subscription) ended() bool {
	return sub.Status == subscriptionCanceled || sub.Status == subscriptionIncompleteExpired
}

// price is the price that sets the pace of a subscription: all its items have the same interval. It is nil where all
// items were deleted.
func (sub *subscription) price() *price {
	if len(sub.Items.Data) == 0 {
		return nil
	}
	return sub.Items.Data[0].Price
}

// periodAfter is the end of the period that begins at from.
func (sub *subscription) periodAfter(from int64) int64 {
	return sub.price().next(time.Unix(sub.BillingCycleAnchor, 0), time.Unix(from, 0)).Unix()
}

// trialingAt says whether a time is within the trial.
func (sub *subscription) trialingAt(at time.Time) bool {
	return sub.TrialEnd != nil && *sub.TrialEnd > at.Unix()
}

// setItems puts items in the place of those that a subscription has, and shows the plan and quantity of an only one
// beside them, as Stripe does for old callers.
func (sub *subscription) setItems(items []*subscriptionItem) {
	sub.Items = subscriptionItems{
		Object: "list", Data: items, TotalCount: len(items), URL: "/v1/subscription_items?subscription=" + sub.ID,
	}
	sub.Plan, sub.Quantity = nil, nil
	if len(items) == 1 {
		sub.Plan, sub.Quantity = items[0].Plan, items[0].Quantity
	}
}

// item finds an item by its id; nil where there is none.
func (sub *subscription) item(id string) *subscriptionItem {
	i := slices.IndexFunc(sub.Items.Data, func(item *subscriptionItem) bool { return item.ID == id })
	if i < 0 {
		return nil
	}
	return sub.Items.Data[i]
}

// units is how many of its price an item is.
func (item *subscriptionItem) units() int64 {
	if item.Quantity == nil {
		return 0
	}
	return *item.Quantity
}
