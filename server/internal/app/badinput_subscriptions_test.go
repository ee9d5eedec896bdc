package app_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// badSale is a change of a good request for a subscription that must be refused.
type badSale struct {
	name   string
	change func(*paymentsv1.CreateSubscriptionRequest)
	code   codes.Code
	reason string
	field  string
}

// badField is a request of which a field is wrong.
func badField(name, field string, change func(*paymentsv1.CreateSubscriptionRequest)) badSale {
	return badSale{name, change, codes.InvalidArgument, "INVALID_FIELD", field}
}

// items makes a request one for these plans.
func items(plans ...string) func(*paymentsv1.CreateSubscriptionRequest) {
	return func(r *paymentsv1.CreateSubscriptionRequest) { r.Items = subscribe("", "", plans...).GetItems() }
}

func quantity(n int64) func(*paymentsv1.CreateSubscriptionRequest) {
	return func(r *paymentsv1.CreateSubscriptionRequest) { r.Items[0].Quantity = &n }
}

func trialEnd(in time.Duration) func(*paymentsv1.CreateSubscriptionRequest) {
	return func(r *paymentsv1.CreateSubscriptionRequest) {
		r.Trial = &paymentsv1.CreateSubscriptionRequest_TrialEndTime{TrialEndTime: from(in)}
	}
}

func trialDays(days int32) func(*paymentsv1.CreateSubscriptionRequest) {
	return func(r *paymentsv1.CreateSubscriptionRequest) {
		r.Trial = &paymentsv1.CreateSubscriptionRequest_TrialDays{TrialDays: days}
	}
}

// from is so long from now.
func from(in time.Duration) *timestamppb.Timestamp { return timestamppb.New(time.Now().Add(in)) }

const aDay = 24 * time.Hour

// What can not be subscribed to is refused by the name of what is wrong; nothing is made, and nobody is charged.
func TestBadSubscriptions(t *testing.T) {
	s := newShop(t)
	euros := s.plan(t, "plan-euros", &paymentsv1.Money{MinorUnits: 900, CurrencyCode: "EUR"}, monthly)
	year := s.plan(t, "plan-year", usd(9000), yearly)
	retired := s.plan(t, "plan-retired", usd(800), monthly)
	s.atStripe(t, "/v1/prices/"+retired, "active", "false")
	once := s.atStripe(t, "/v1/prices", "currency", "usd", "unit_amount", "500",
		"product", s.atStripe(t, "/v1/products", "name", "Once"))
	many := make([]string, 21)
	for i := range many {
		many[i] = fmt.Sprintf("price_%d", i)
	}
	payer := s.payer(t, "bad-subscriptions", "tok_visa")
	poor := newCustomer(t, s.customers, "bad-subscriptions-poor")
	refused := s.payer(t, "bad-subscriptions-refused", "tok_chargeCustomerFail")
	asked := s.payer(t, "bad-subscriptions-asked", "tok_threeDSecure2Required")
	others := attached(t, s.customers, "bad-subscriptions-others", poor)
	gone := newCustomer(t, s.customers, "bad-subscriptions-gone")
	if _, err := s.customers.DeleteCustomer(dev(t), &paymentsv1.DeleteCustomerRequest{
		IdempotencyKey: "bad-subscriptions-delete", CustomerId: gone,
	}); err != nil {
		t.Fatal(err)
	}
	customer := func(id string) func(*paymentsv1.CreateSubscriptionRequest) {
		return func(r *paymentsv1.CreateSubscriptionRequest) { r.CustomerId = id }
	}
	before := s.moved(t)
	for _, tt := range []badSale{
		badField("no items", "items", items()),
		badField("21 items", "items", items(many...)),
		badField("a plan twice", "items[1].plan_id", items(s.silver, s.silver)),
		badField("two currencies", "items", items(s.silver, euros)),
		badField("two intervals", "items", items(s.silver, year)),
		badField("a plan that is not", "items[0].plan_id", items("price_canary")),
		badField("a second plan that is not", "items[1].plan_id", items(s.silver, "price_canary")),
		badField("a plan of another kind", "items[0].plan_id", items("cus_123")),
		badField("a plan with a slash", "items[0].plan_id", items("price_1/../x")),
		badField("a plan that is retired", "items[0].plan_id", items(retired)),
		badField("what is sold once", "items[0].plan_id", items(once)),
		badField("no plan", "items[0].plan_id", items("")),
		badField("quantity 0", "items[0].quantity", quantity(0)),
		badField("quantity negative", "items[0].quantity", quantity(-1)),
		badField("quantity over the limit", "items[0].quantity", quantity(1_000_001)),
		badField("trial of 0 days", "trial_days", trialDays(0)),
		badField("trial of 731 days", "trial_days", trialDays(731)),
		badField("trial of less than none", "trial_days", trialDays(-1)),
		badField("trial in the past", "trial_end_time", trialEnd(-aDay)),
		badField("trial of more than two years", "trial_end_time", trialEnd(740*aDay)),
		badField("end in the past", "cancel_time", func(r *paymentsv1.CreateSubscriptionRequest) { r.CancelTime = from(-aDay) }),
		badField("anchor in the past", "billing_cycle_anchor_time", func(r *paymentsv1.CreateSubscriptionRequest) {
			r.BillingCycleAnchorTime = from(-aDay)
		}),
		badField("anchor after the first period", "billing_cycle_anchor_time", func(r *paymentsv1.CreateSubscriptionRequest) {
			r.BillingCycleAnchorTime = from(60 * aDay)
		}),
		badField("no customer", "customer_id", customer("")),
		badField("customer unknown", "customer_id", customer("cus_canary")),
		badField("customer deleted", "customer_id", customer(gone)),
		badField("method unknown", "default_payment_method_id", func(r *paymentsv1.CreateSubscriptionRequest) {
			r.DefaultPaymentMethodId = "pm_canary"
		}),
		badField("method of somebody else", "default_payment_method_id", func(r *paymentsv1.CreateSubscriptionRequest) {
			r.DefaultPaymentMethodId = others
		}),
		badField("days without an invoice", "days_until_due", func(r *paymentsv1.CreateSubscriptionRequest) {
			r.DaysUntilDue = 30
		}),
		badField("366 days", "days_until_due", func(r *paymentsv1.CreateSubscriptionRequest) {
			r.CollectionMethod, r.DaysUntilDue = paymentsv1.CollectionMethod_COLLECTION_METHOD_SEND_INVOICE, 366
		}),
		badField("collection unknown", "collection_method", func(r *paymentsv1.CreateSubscriptionRequest) {
			r.CollectionMethod = 99
		}),
		badField("behavior unknown", "payment_behavior", func(r *paymentsv1.CreateSubscriptionRequest) { r.PaymentBehavior = 99 }),
		badField("a kind of method that is none", "payment_method_types[0]", func(r *paymentsv1.CreateSubscriptionRequest) {
			r.PaymentMethodTypes = []string{"Canary!"}
		}),
		badField("description too long", "description", func(r *paymentsv1.CreateSubscriptionRequest) {
			r.Description = strings.Repeat("d", 501)
		}),
		badField("card number in the description", "description", func(r *paymentsv1.CreateSubscriptionRequest) {
			r.Description = "pays with 4242-4242-4242-4242"
		}),
		badField("metadata of ours", `metadata["tillgate_operation"]`, func(r *paymentsv1.CreateSubscriptionRequest) {
			r.Metadata = map[string]string{"tillgate_operation": "op_1"}
		}),
		{"nothing to charge", customer(poor), codes.FailedPrecondition, "PAYMENT_METHOD_REQUIRED", ""},
		{"a card that is refused", customer(refused), codes.FailedPrecondition, "PAYMENT_DECLINED", ""},
		{"a card whose bank wants the customer", customer(asked), codes.FailedPrecondition, "AUTHENTICATION_REQUIRED", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req := subscribe(strings.Map(keyCharacter, "bad-subscription-"+tt.name), payer, s.silver)
			tt.change(req)
			_, err := s.sales.CreateSubscription(dev(t), req)
			check(t, err, tt.code, tt.reason, tt.field)
		})
	}
	listed, err := s.sales.ListSubscriptions(dev(t), &paymentsv1.ListSubscriptionsRequest{IncludeCanceled: true})
	if err != nil || len(listed.GetSubscriptions()) > 0 {
		t.Errorf("there are subscriptions: %v, %v", listed, err)
	}
	if got := s.moved(t); len(got) != len(before) {
		t.Errorf("money moved: %v", got)
	}
}

// What is no plan is refused by the name of the field.
func TestBadPlans(t *testing.T) {
	s := newShop(t)
	taken, err := s.sales.UpdatePlan(dev(t), &paymentsv1.UpdatePlanRequest{
		IdempotencyKey: "bad-plans-key", PlanId: s.gold, Plan: &paymentsv1.Plan{LookupKey: "gold"},
	})
	if err != nil {
		t.Fatal(err)
	}
	product := taken.GetPlan().GetProductId()
	type change func(*paymentsv1.CreatePlanRequest)
	amount := func(minorUnits int64, currency string) change {
		return func(r *paymentsv1.CreatePlanRequest) {
			r.Plan.Amount = &paymentsv1.Money{MinorUnits: minorUnits, CurrencyCode: currency}
		}
	}
	for _, tt := range []struct {
		name, field string
		change      change
	}{
		{"no plan", "plan", func(r *paymentsv1.CreatePlanRequest) { r.Plan = nil }},
		{"no amount", "plan.amount", func(r *paymentsv1.CreatePlanRequest) { r.Plan.Amount = nil }},
		{"negative amount", "plan.amount.minor_units", amount(-1, "USD")},
		{"amount of 9 digits", "plan.amount.minor_units", amount(100_000_000, "USD")},
		{"currency unknown", "plan.amount.currency_code", amount(1000, "XYZ")},
		{"currency missing", "plan.amount.currency_code", amount(1000, "")},
		{"no interval", "plan.interval", func(r *paymentsv1.CreatePlanRequest) { r.Plan.Interval = 0 }},
		{"interval unknown", "plan.interval", func(r *paymentsv1.CreatePlanRequest) { r.Plan.Interval = 99 }},
		{"37 months", "plan.interval_count", func(r *paymentsv1.CreatePlanRequest) { r.Plan.IntervalCount = 37 }},
		{"less than no months", "plan.interval_count", func(r *paymentsv1.CreatePlanRequest) { r.Plan.IntervalCount = -1 }},
		{"trial of 731 days", "plan.trial_days", func(r *paymentsv1.CreatePlanRequest) { r.Plan.TrialDays = 731 }},
		{"no name", "plan.name", func(r *paymentsv1.CreatePlanRequest) { r.Plan.Name = "" }},
		{"name too long", "plan.name", func(r *paymentsv1.CreatePlanRequest) { r.Plan.Name = strings.Repeat("n", 251) }},
		{"card number as the name", "plan.name", func(r *paymentsv1.CreatePlanRequest) { r.Plan.Name = "4242424242424242" }},
		{"name for a product", "plan.name", func(r *paymentsv1.CreatePlanRequest) { r.ProductId = product }},
		{"product unknown", "product_id", func(r *paymentsv1.CreatePlanRequest) { r.Plan.Name, r.ProductId = "", "prod_canary" }},
		{"lookup key with a space", "plan.lookup_key", func(r *paymentsv1.CreatePlanRequest) { r.Plan.LookupKey = "a b" }},
		{"lookup key too long", "plan.lookup_key", func(r *paymentsv1.CreatePlanRequest) {
			r.Plan.LookupKey = strings.Repeat("k", 201)
		}},
		{"lookup key of another", "plan.lookup_key", func(r *paymentsv1.CreatePlanRequest) { r.Plan.LookupKey = "gold" }},
		{"no lookup key to take", "transfer_lookup_key", func(r *paymentsv1.CreatePlanRequest) { r.TransferLookupKey = true }},
		{"metadata of ours", `plan.metadata["tillgate_lookup_key"]`, func(r *paymentsv1.CreatePlanRequest) {
			r.Plan.Metadata = map[string]string{"tillgate_lookup_key": "gold"}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req := &paymentsv1.CreatePlanRequest{
				IdempotencyKey: strings.Map(keyCharacter, "bad-plan-"+tt.name),
				Plan:           &paymentsv1.Plan{Name: "Bronze", Amount: usd(500), Interval: monthly},
			}
			tt.change(req)
			_, err := s.sales.CreatePlan(dev(t), req)
			check(t, err, codes.InvalidArgument, "INVALID_FIELD", tt.field)
		})
	}
	listed, err := s.sales.ListPlans(dev(t), &paymentsv1.ListPlansRequest{})
	if err != nil || len(listed.GetPlans()) != 2 {
		t.Errorf("the plans are %v, %v, want silver and gold", listed, err)
	}
}

// What never changes of a plan, and what it can not become, is refused by name.
func TestBadPlanUpdates(t *testing.T) {
	s := newShop(t)
	full := &paymentsv1.Plan{
		Amount: usd(1), Interval: yearly, IntervalCount: 1, TrialDays: 7, Usage: paymentsv1.PlanUsage_PLAN_USAGE_METERED,
	}
	update := func(ctx context.Context, plan *paymentsv1.Plan, paths ...string) error {
		_, err := s.sales.UpdatePlan(ctx, &paymentsv1.UpdatePlanRequest{
			IdempotencyKey: "bad-update-" + strings.Map(keyCharacter, strings.Join(paths, "-")), PlanId: s.silver, Plan: plan,
			UpdateMask: mask(paths...),
		})
		return err
	}
	for _, path := range []string{
		"amount", "interval", "interval_count", "trial_days", "usage", "amount.currency_code", "id", "livemode", "*", "color",
	} {
		check(t, update(dev(t), full, path), codes.InvalidArgument, "INVALID_FIELD", "update_mask")
	}
	check(t, update(dev(t), &paymentsv1.Plan{}, "name"), codes.InvalidArgument, "INVALID_FIELD", "update_mask")
	check(t, update(dev(t), &paymentsv1.Plan{}), codes.InvalidArgument, "INVALID_FIELD", "update_mask")
	_, err := s.sales.UpdatePlan(dev(t), &paymentsv1.UpdatePlanRequest{
		IdempotencyKey: "bad-update-unknown", PlanId: "price_unknown", Plan: &paymentsv1.Plan{Name: "Bronze"},
	})
	check(t, err, codes.NotFound, "RESOURCE_MISSING", "")
	_, err = s.sales.GetPlan(dev(t), &paymentsv1.GetPlanRequest{PlanId: "price_unknown"})
	check(t, err, codes.NotFound, "RESOURCE_MISSING", "")
}
