package stripegw

import (
	"encoding/json"
	"errors"
)

// subscriptionObject is what we take from Stripe's subscription, https://docs.stripe.com/api/subscriptions/object.
type subscriptionObject struct {
	Object               string                      `json:"object"`
	ID                   string                      `json:"id"`
	BillingCycleAnchor   int64                       `json:"billing_cycle_anchor"`
	CancelAt             int64                       `json:"cancel_at"`
	CancelAtPeriodEnd    bool                        `json:"cancel_at_period_end"`
	CanceledAt           int64                       `json:"canceled_at"`
	CollectionMethod     string                      `json:"collection_method"`
	Created              int64                       `json:"created"`
	Currency             string                      `json:"currency"`
	CurrentPeriodEnd     int64                       `json:"current_period_end"`
	CurrentPeriodStart   int64                       `json:"current_period_start"`
	Customer             expandable[*payingCustomer] `json:"customer"`
	DaysUntilDue         int32                       `json:"days_until_due"`
	DefaultPaymentMethod expandable[*chargedMethod]  `json:"default_payment_method"`
	DefaultSource        expandable[*onlyID]         `json:"default_source"`
	Description          string                      `json:"description"`
	EndedAt              int64                       `json:"ended_at"`
	Items                subscriptionItems           `json:"items"`
	LatestInvoice        expandable[*invoiceObject]  `json:"latest_invoice"`
	Livemode             bool                        `json:"livemode"`
	Metadata             map[string]string           `json:"metadata"`
	PauseCollection      *pauseCollection            `json:"pause_collection"`
	PendingSetupIntent   expandable[*setupIntent]    `json:"pending_setup_intent"`
	PendingUpdate        *pendingUpdate              `json:"pending_update"`
	Schedule             expandable[*scheduleObject] `json:"schedule"`
	StartDate            int64                       `json:"start_date"`
	Status               string                      `json:"status"`
	TestClock            expandable[*onlyID]         `json:"test_clock"`
	TrialEnd             int64                       `json:"trial_end"`
	TrialSettings        trialSettings               `json:"trial_settings"`
	TrialStart           int64                       `json:"trial_start"`
}

// subscriptionItems is the beginning of a subscription's items.
type subscriptionItems struct {
	Data    []subscriptionItemObject `json:"data"`
	HasMore bool                     `json:"has_more"`
}

// subscriptionItemObject is what we take from an item, https://docs.stripe.com/api/subscription_items/object.
type subscriptionItemObject struct {
	Object   string                   `json:"object"`
	ID       string                   `json:"id"`
	Price    expandable[*priceObject] `json:"price"`
	Quantity int64                    `json:"quantity"`
}

// pauseCollection is set while invoices are not collected.
type pauseCollection struct {
	Behavior  string `json:"behavior"`
	ResumesAt int64  `json:"resumes_at"`
}

// pendingUpdate is a change that waits for its payment, https://docs.stripe.com/billing/subscriptions/pending-updates.
type pendingUpdate struct {
	ExpiresAt         int64                    `json:"expires_at"`
	SubscriptionItems []subscriptionItemObject `json:"subscription_items"`
}

// trialSettings says how a trial ends.
type trialSettings struct {
	EndBehavior struct {
		MissingPaymentMethod string `json:"missing_payment_method"`
	} `json:"end_behavior"`
}

// payingCustomer is what a subscription needs to know of its customer.
type payingCustomer struct {
	ID              string              `json:"id"`
	DefaultSource   expandable[*onlyID] `json:"default_source"`
	InvoiceSettings struct {
		DefaultPaymentMethod expandable[*chargedMethod] `json:"default_payment_method"`
	} `json:"invoice_settings"`
}

// chargedMethod is what a subscription needs to know of a payment method.
type chargedMethod struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

// decodeSubscriptionObject reads an answer that should be a subscription. Without its type, id and status it is
// unreadable; any other field may be missing or of another type than expected, as in decodePaymentIntent.
func decodeSubscriptionObject(body []byte) (*subscriptionObject, error) {
	object := &subscriptionObject{}
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

// readable is whether it says what a subscription must say.
func (o *subscriptionObject) readable() bool {
	return o.Object == "subscription" && o.ID != "" && o.Status != ""
}

// decodeSubscriptionItem reads one item of a page of them.
func decodeSubscriptionItem(body []byte) (*subscriptionItemObject, error) {
	item := &subscriptionItemObject{}
	err := json.Unmarshal(body, item)
	if _, mismatch := errors.AsType[*json.UnmarshalTypeError](err); err != nil && !mismatch {
		return nil, errUnreadable
	}
	if item.Object != "subscription_item" || item.ID == "" || item.Price.ID == "" {
		return nil, errUnreadable
	}
	return item, nil
}

// charged is the method that the next invoice charges, in Stripe's order
// (https://docs.stripe.com/billing/subscriptions/payment-methods-setting), and its kind where it has one.
func (o *subscriptionObject) charged() (id, kind string) {
	if id, kind := chargedBy(o.DefaultPaymentMethod); id != "" {
		return id, kind
	}
	if o.DefaultSource.ID != "" {
		return o.DefaultSource.ID, ""
	}
	customer := o.Customer.Object
	if customer == nil {
		return "", ""
	}
	if id, kind := chargedBy(customer.InvoiceSettings.DefaultPaymentMethod); id != "" {
		return id, kind
	}
	return customer.DefaultSource.ID, ""
}

// chargedBy is a method and its kind.
func chargedBy(m expandable[*chargedMethod]) (id, kind string) {
	if m.Object != nil {
		kind = m.Object.Type
	}
	return m.ID, kind
}
