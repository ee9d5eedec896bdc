package proof_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// Methods that the customers of these tests have. All can be attached.
const (
	goodCard     = "pm_card_visa"
	failingCard  = "pm_card_chargeCustomerFail"
	asksAlways   = "pm_card_authenticationRequired"
	asksOnSetup  = "pm_card_authenticationRequiredOnSetup"
	goodAccount  = "pm_usBankAccount_success"
	emptyAccount = "pm_usBankAccount_insufficientFunds"
)

// beginning is when the test clocks of these tests begin: a month of 30 days, so that half of it is a whole second.
var beginning = time.Date(2024, time.April, 1, 0, 0, 0, 0, time.UTC)

// buyer is a customer in the time of a test clock, who buys through Tillgate. The test looks at Stripe itself too.
type buyer struct {
	tillgate

	stripe   *stripe
	clock    string
	now      time.Time
	customer string
	name     string // begins all its idempotency keys
	keys     int
}

// newBuyer makes a customer with a clock of their own and, where one is named, a default method.
func newBuyer(t *testing.T, c tillgate, s *stripe, name, method string, now time.Time) *buyer {
	t.Helper()
	b := &buyer{tillgate: c, stripe: s, name: name, now: now}
	b.clock = s.make(t, "/v1/test_helpers/test_clocks", "frozen_time", strconv.FormatInt(now.Unix(), 10))
	made, err := c.CreateCustomer(t.Context(), &paymentsv1.CreateCustomerRequest{
		IdempotencyKey: b.key(), TestClockId: b.clock,
	})
	if err != nil {
		t.Fatalf("create the customer: %v", err)
	}
	b.customer = made.GetCustomer().GetId()
	if method != "" {
		b.prefers(t, b.has(t, method))
	}
	return b
}

// key is a new idempotency key.
func (b *buyer) key() string {
	b.keys++
	return fmt.Sprintf("%s-key-%d", b.name, b.keys)
}

// has gives the customer a method, without Tillgate, and returns its id.
func (b *buyer) has(t *testing.T, method string) string {
	t.Helper()
	if !strings.HasPrefix(method, "pm_usBankAccount") {
		return b.stripe.make(t, methods+"/"+method+"/attach", "customer", b.customer)
	}
	var saved struct {
		PaymentMethod string `json:"payment_method"`
	}
	setup := b.stripe.make(t, setupIntents, "payment_method_types[]", "us_bank_account", "payment_method", method,
		"confirm", "true", "customer", b.customer, "mandate_data[customer_acceptance][type]", "offline")
	if err := b.stripe.exchange(http.MethodGet, setupIntents+"/"+setup, "", nil, &saved); err != nil {
		t.Fatal(err)
	}
	return saved.PaymentMethod
}

// prefers makes a method the customer's default.
func (b *buyer) prefers(t *testing.T, method string) {
	t.Helper()
	_, err := b.SetDefaultPaymentMethod(t.Context(), &paymentsv1.SetDefaultPaymentMethodRequest{
		IdempotencyKey: b.key(), CustomerId: b.customer, PaymentMethodId: method,
	})
	if err != nil {
		t.Fatalf("set the default method: %v", err)
	}
}

// passes lets the clock pass some time, at most as far as Stripe lets it go at once.
func (b *buyer) passes(t *testing.T, d time.Duration) {
	t.Helper()
	b.reaches(t, b.now.Add(d))
}

// reaches lets the clock pass until a time.
func (b *buyer) reaches(t *testing.T, at time.Time) {
	t.Helper()
	path := "/v1/test_helpers/test_clocks/" + b.clock
	b.stripe.make(t, path+"/advance", "frozen_time", strconv.FormatInt(at.Unix(), 10))
	var clock struct{ Status string }
	if err := b.stripe.exchange(http.MethodGet, path, "", nil, &clock); err != nil || clock.Status != "ready" {
		t.Fatalf("the clock is %q, %v", clock.Status, err)
	}
	b.now = at
}

// authenticates takes the 3D Secure step of a payment.
func (b *buyer) authenticates(t *testing.T, payment, outcome string) {
	t.Helper()
	b.stripe.control(t, "payment_intents/"+payment+"/authenticate", map[string]any{"outcome": outcome})
}

// control steers the sandbox.
func (s *stripe) control(t *testing.T, path string, body any) {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.exchange(http.MethodPost, "/_sandbox/"+path, "application/json", data, nil); err != nil {
		t.Fatal(err)
	}
}

// subscribes creates a subscription.
func (b *buyer) subscribes(t *testing.T, req *paymentsv1.CreateSubscriptionRequest) *paymentsv1.Subscription {
	t.Helper()
	req.IdempotencyKey, req.CustomerId = b.key(), b.customer
	made, err := b.CreateSubscription(t.Context(), req)
	if err != nil {
		t.Fatalf("subscribe: %v", err)
	}
	return made.GetSubscription()
}

// subscribesTo subscribes to one of each plan, charged at once.
func (b *buyer) subscribesTo(t *testing.T, plans ...string) *paymentsv1.Subscription {
	t.Helper()
	return b.subscribes(t, &paymentsv1.CreateSubscriptionRequest{Items: itemsOf(plans...)})
}

func itemsOf(plans ...string) []*paymentsv1.NewSubscriptionItem {
	var items []*paymentsv1.NewSubscriptionItem
	for _, plan := range plans {
		items = append(items, &paymentsv1.NewSubscriptionItem{PlanId: plan})
	}
	return items
}

// reads is a subscription as Tillgate tells it now.
func (b *buyer) reads(t *testing.T, id string) *paymentsv1.Subscription {
	t.Helper()
	read, err := b.GetSubscription(t.Context(), &paymentsv1.GetSubscriptionRequest{SubscriptionId: id})
	if err != nil {
		t.Fatalf("read %s: %v", id, err)
	}
	return read.GetSubscription()
}

// monthly makes a plan of so many cents a month.
func monthly(t *testing.T, c tillgate, key string, cents int64) string {
	t.Helper()
	return plan(t, c, key, &paymentsv1.Plan{
		Name: "Plan " + key, Amount: usd(cents), Interval: paymentsv1.PlanInterval_PLAN_INTERVAL_MONTH,
	})
}

func plan(t *testing.T, c tillgate, key string, p *paymentsv1.Plan) string {
	t.Helper()
	made, err := c.CreatePlan(t.Context(), &paymentsv1.CreatePlanRequest{IdempotencyKey: "plan-" + key, Plan: p})
	if err != nil {
		t.Fatalf("create a plan: %v", err)
	}
	return made.GetPlan().GetId()
}

// at is a time of the contract.
func at(when time.Time) *timestamppb.Timestamp { return timestamppb.New(when) }
