package app_test

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

const (
	monthly   = paymentsv1.PlanInterval_PLAN_INTERVAL_MONTH
	yearly    = paymentsv1.PlanInterval_PLAN_INTERVAL_YEAR
	subActive = paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_ACTIVE
)

// shop is a server with what it takes to sell by subscription.
type shop struct {
	*process

	customers paymentsv1.CustomerServiceClient
	sales     paymentsv1.SubscriptionServiceClient
	// silver costs 10 dollars a month, gold 25.
	silver, gold string
}

func newShop(t *testing.T) *shop {
	t.Helper()
	p := startSandboxed(t)
	s := &shop{process: p, customers: p.customers(t), sales: paymentsv1.NewSubscriptionServiceClient(p.conn(t))}
	s.silver = s.plan(t, "plan-silver", usd(1000), monthly)
	s.gold = s.plan(t, "plan-gold", usd(2500), monthly)
	return s
}

// plan makes a plan, and returns its id.
func (s *shop) plan(t *testing.T, key string, amount *paymentsv1.Money, every paymentsv1.PlanInterval) string {
	t.Helper()
	created, err := s.sales.CreatePlan(dev(t), &paymentsv1.CreatePlanRequest{
		IdempotencyKey: key, Plan: &paymentsv1.Plan{Name: key, Amount: amount, Interval: every},
	})
	if err != nil {
		t.Fatal(err)
	}
	return created.GetPlan().GetId()
}

// payer makes a customer whose default is a card of this token, and returns their id.
func (s *shop) payer(t *testing.T, key, token string) string {
	t.Helper()
	id := newCustomer(t, s.customers, key)
	s.pays(t, key, id, newCard(t, s.customers, key+"-card", token))
	return id
}

// pays makes a method the default of a customer.
func (s *shop) pays(t *testing.T, key, customerID, methodID string) {
	t.Helper()
	if _, err := s.customers.AttachPaymentMethod(dev(t), &paymentsv1.AttachPaymentMethodRequest{
		IdempotencyKey: key + "-attach", PaymentMethodId: methodID, CustomerId: customerID,
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.customers.SetDefaultPaymentMethod(dev(t), &paymentsv1.SetDefaultPaymentMethodRequest{
		IdempotencyKey: key + "-default", CustomerId: customerID, PaymentMethodId: methodID,
	}); err != nil {
		t.Fatal(err)
	}
}

// subscribe is a request for one of a plan.
func subscribe(key, customerID string, plans ...string) *paymentsv1.CreateSubscriptionRequest {
	req := &paymentsv1.CreateSubscriptionRequest{IdempotencyKey: key, CustomerId: customerID}
	for _, plan := range plans {
		req.Items = append(req.Items, &paymentsv1.NewSubscriptionItem{PlanId: plan})
	}
	return req
}

// subscribed makes a subscription to silver that runs.
func (s *shop) subscribed(t *testing.T, key string) *paymentsv1.Subscription {
	t.Helper()
	created, err := s.sales.CreateSubscription(dev(t), subscribe(key, s.payer(t, key+"-payer", "tok_visa"), s.silver))
	if err != nil {
		t.Fatal(err)
	}
	return created.GetSubscription()
}

// replace is a request to replace the one plan of a subscription.
func replace(key, subscriptionID, planID string) *paymentsv1.ChangePlanRequest {
	return &paymentsv1.ChangePlanRequest{
		IdempotencyKey: key, SubscriptionId: subscriptionID, Changes: []*paymentsv1.ItemChange{{PlanId: planID}},
	}
}

// atStripe makes or changes something at Stripe that no rpc does, and returns its id.
func (s *shop) atStripe(t *testing.T, path string, pairs ...string) string {
	t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	code, body := s.sandboxCall(t, http.MethodPost, path, form.Encode(),
		"Authorization", "Bearer sk_test_sandbox", "Content-Type", "application/x-www-form-urlencoded",
		"Idempotency-Key", rand.Text())
	var object struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(body, &object); err != nil || code != http.StatusOK {
		t.Fatalf("POST %s: %d %s", path, code, body)
	}
	return object.ID
}

// invoice makes a draft of 7 dollars for a customer.
func (s *shop) invoice(t *testing.T, customerID string) string {
	t.Helper()
	s.atStripe(t, "/v1/invoiceitems", "customer", customerID, "amount", "700", "currency", "usd")
	return s.atStripe(t, "/v1/invoices", "customer", customerID, "auto_advance", "false",
		"pending_invoice_items_behavior", "include")
}

// clock makes a test clock that stands at a time, and returns its id.
func (s *shop) clock(t *testing.T, at time.Time) string {
	t.Helper()
	return s.atStripe(t, "/v1/test_helpers/test_clocks", "frozen_time", strconv.FormatInt(at.Unix(), 10))
}

// passes lets the time of a clock pass, and waits until all that happens until then has happened.
func (s *shop) passes(t *testing.T, clock string, until time.Time) {
	t.Helper()
	s.atStripe(t, "/v1/test_helpers/test_clocks/"+clock+"/advance", "frozen_time", strconv.FormatInt(until.Unix(), 10))
	deadline := time.After(patience)
	for {
		var now struct {
			Status string `json:"status"`
		}
		s.stripe(t, "/v1/test_helpers/test_clocks/"+clock, &now)
		if now.Status == "ready" {
			return
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-deadline:
			t.Fatalf("the clock is %s", now.Status)
		}
	}
}

// mask is a field mask; nil without paths.
func mask(paths ...string) *fieldmaskpb.FieldMask {
	if len(paths) == 0 {
		return nil
	}
	return &fieldmaskpb.FieldMask{Paths: paths}
}
