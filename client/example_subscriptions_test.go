package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// Sells a plan by subscription, upgrades for exactly what a preview said, and lets a year pass. It passes on a test
// clock, which Stripe has too, in test mode.
func Example_subscription() {
	ctx := context.Background()
	c, err := client.New(sandbox(), client.WithInsecure(), client.WithToken("sandbox"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	clock, err := newTestClock(ctx, time.Date(2024, time.January, 31, 12, 0, 0, 0, time.UTC))
	if err != nil {
		fmt.Println(err)
		return
	}

	plans := map[string]string{}
	for name, cents := range map[string]int64{"Silver": 1000, "Gold": 2500} {
		plan, err := c.Subscriptions.CreatePlan(ctx, &paymentsv1.CreatePlanRequest{
			IdempotencyKey: client.Key("example plan", name),
			Plan: &paymentsv1.Plan{
				Name: name, Amount: &paymentsv1.Money{MinorUnits: cents, CurrencyCode: "USD"},
				Interval: paymentsv1.PlanInterval_PLAN_INTERVAL_MONTH,
			},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		plans[name] = plan.GetPlan().GetId()
	}
	customer, err := newPayer(ctx, c, clock)
	if err != nil {
		fmt.Println(err)
		return
	}

	created, err := c.Subscriptions.CreateSubscription(ctx, &paymentsv1.CreateSubscriptionRequest{
		IdempotencyKey: client.Key("user", 4711, "subscribe", 1),
		CustomerId:     customer,
		Items:          []*paymentsv1.NewSubscriptionItem{{PlanId: plans["Silver"]}},
	})
	if err != nil { // Nothing was made where the card was declined.
		fmt.Println(client.ReasonOf(err), err)
		return
	}
	id := created.GetSubscription().GetId()
	fmt.Println("subscribed:", created.GetSubscription().GetAccess().GetLevel())

	// Half a month later they want gold.
	if err := passTime(ctx, clock, time.Date(2024, time.February, 15, 0, 0, 0, 0, time.UTC)); err != nil {
		fmt.Println(err)
		return
	}
	changes := []*paymentsv1.ItemChange{{PlanId: plans["Gold"]}}
	preview, err := c.Subscriptions.PreviewPlanChange(ctx, &paymentsv1.PreviewPlanChangeRequest{
		SubscriptionId: id, Changes: changes,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	changed, err := c.Subscriptions.ChangePlan(ctx, &paymentsv1.ChangePlanRequest{
		IdempotencyKey: client.Key("user", 4711, "upgrade", 1), SubscriptionId: id, Changes: changes,
		ProrationTime: preview.GetProrationTime(), ExpectedAmountDue: preview.GetAmountDue(),
	})
	if due, ok := client.AmountDueOf(err); ok {
		fmt.Println("it would cost", due) // Ask them again.
		return
	}
	switch {
	case err != nil:
		fmt.Println(client.ReasonOf(err), err)
		return
	case changed.GetSubscription().GetPendingChange() != nil:
		fmt.Println("not granted before it is paid; give the client secret to the page")
		return
	}
	fmt.Println("upgraded for", changed.GetSubscription().GetLatestInvoice().GetAmountPaid().GetMinorUnits())

	// A year passes. A clock goes on by two periods at a time, at most.
	for month := range 12 {
		if err := passTime(ctx, clock, time.Date(2024, time.March+time.Month(month), 2, 0, 0, 0, 0, time.UTC)); err != nil {
			fmt.Println(err)
			return
		}
	}
	paid, total := 0, int64(0)
	invoices := &paymentsv1.ListInvoicesRequest{SubscriptionId: id, State: paymentsv1.InvoiceState_INVOICE_STATE_PAID}
	for invoice, err := range client.ListInvoices(ctx, c.Subscriptions, invoices) {
		if err != nil {
			fmt.Println(err)
			return
		}
		paid++
		total += invoice.GetAmountPaid().GetMinorUnits()
	}
	access, err := c.Subscriptions.CheckAccess(ctx, &paymentsv1.CheckAccessRequest{
		CustomerId: customer, Plan: &paymentsv1.CheckAccessRequest_PlanId{PlanId: plans["Gold"]},
	})
	fmt.Println(paid, "invoices,", total, "cents;", access.GetAccess().GetLevel(), err)
	// Output:
	// subscribed: ACCESS_LEVEL_ACTIVE
	// upgraded for 750
	// 14 invoices, 31750 cents; ACCESS_LEVEL_ACTIVE <nil>
}

// newPayer makes a customer who lives in the time of a clock, and has a card.
func newPayer(ctx context.Context, c *client.Client, clock string) (id string, err error) {
	customer, err := c.Customers.CreateCustomer(ctx, &paymentsv1.CreateCustomerRequest{
		IdempotencyKey: client.Key("user", 4711), TestClockId: clock,
	})
	if err != nil {
		return "", err
	}
	id = customer.GetCustomer().GetId()
	card, err := c.Customers.CreatePaymentMethod(ctx, &paymentsv1.CreatePaymentMethodRequest{
		IdempotencyKey: client.Key("user", 4711, "card"),
		Source:         &paymentsv1.CreatePaymentMethodRequest_CardToken{CardToken: "tok_visa"},
	})
	if err != nil {
		return "", err
	}
	method := card.GetPaymentMethod().GetId()
	if _, err := c.Customers.AttachPaymentMethod(ctx, &paymentsv1.AttachPaymentMethodRequest{
		PaymentMethodId: method, CustomerId: id,
	}); err != nil {
		return "", err
	}
	_, err = c.Customers.SetDefaultPaymentMethod(ctx, &paymentsv1.SetDefaultPaymentMethodRequest{
		CustomerId: id, PaymentMethodId: method,
	})
	return id, err
}

const testClocks = "/v1/test_helpers/test_clocks"

// newTestClock makes a clock at Stripe that stands at a time.
func newTestClock(ctx context.Context, at time.Time) (id string, err error) {
	clock, err := askStripe(ctx, http.MethodPost, testClocks, url.Values{"frozen_time": {strconv.FormatInt(at.Unix(), 10)}})
	return clock.ID, err
}

// passTime lets a clock go on, and waits until all that happens until then has happened.
func passTime(ctx context.Context, clock string, until time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	now, err := askStripe(ctx, http.MethodPost, testClocks+"/"+clock+"/advance",
		url.Values{"frozen_time": {strconv.FormatInt(until.Unix(), 10)}})
	for err == nil && now.Status == "advancing" {
		select {
		case <-time.After(10 * time.Millisecond):
			now, err = askStripe(ctx, http.MethodGet, testClocks+"/"+clock, nil)
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	return err
}

// testClock is one of Stripe's.
type testClock struct {
	ID     string `json:"id"`
	Status string `json:"status"`
}

// askStripe speaks to the Stripe behind the server: clocks are a thing of tests, which Tillgate has no rpc for.
func askStripe(ctx context.Context, method, path string, form url.Values) (clock testClock, err error) {
	p, err := server()
	if err != nil {
		return testClock{}, err
	}
	req, err := http.NewRequestWithContext(ctx, method, p.sandboxURL+path, strings.NewReader(form.Encode()))
	if err != nil {
		return testClock{}, err
	}
	req.Header.Set("Authorization", "Bearer sk_test_sandbox")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return testClock{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return testClock{}, errors.New("the clock: " + resp.Status)
	}
	return clock, json.NewDecoder(resp.Body).Decode(&clock)
}
