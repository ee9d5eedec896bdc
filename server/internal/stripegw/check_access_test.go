package stripegw_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// accessSample is a subscription with one item, in a state.
func accessSample(id, status string, price map[string]any) map[string]any {
	return map[string]any{
		"object": "subscription", "id": id, "status": status, "customer": "cus_1", "current_period_end": 1700000000,
		"latest_invoice": nil, "items": map[string]any{"has_more": false, "data": []any{
			map[string]any{"object": "subscription_item", "id": "si_" + id, "quantity": 3, "price": price},
		}},
	}
}

// priceNamed is a price that has a lookup key now, and had one.
func priceNamed(id, key, had string) map[string]any {
	price := map[string]any{"object": "price", "id": id, "currency": "usd", "lookup_key": nil, "metadata": map[string]any{}}
	if key != "" {
		price["lookup_key"] = key
	}
	if had != "" {
		price["metadata"] = map[string]any{"tillgate_lookup_key": had}
	}
	return price
}

// TestCheckAccess: the best access of those subscriptions that have the plan, and of several the newest.
func TestCheckAccess(t *testing.T) {
	const (
		active, unpaid   = "active", "unpaid"
		allowed          = paymentsv1.AccessLevel_ACCESS_LEVEL_ACTIVE
		grace            = paymentsv1.AccessLevel_ACCESS_LEVEL_GRACE
		blocked          = paymentsv1.AccessLevel_ACCESS_LEVEL_BLOCKED
		paid, isUnpaid   = paymentsv1.AccessReason_ACCESS_REASON_PAID, paymentsv1.AccessReason_ACCESS_REASON_UNPAID
		failed           = paymentsv1.AccessReason_ACCESS_REASON_PAYMENT_FAILED
		noSubscription   = paymentsv1.AccessReason_ACCESS_REASON_NO_SUBSCRIPTION
		gold1, successor = "price_1", "price_2"
	)
	byPlan := &paymentsv1.CheckAccessRequest{
		CustomerId: "cus_1", Plan: &paymentsv1.CheckAccessRequest_PlanId{PlanId: gold1},
	}
	byKey := &paymentsv1.CheckAccessRequest{
		CustomerId: "cus_1", Plan: &paymentsv1.CheckAccessRequest_LookupKey{LookupKey: "gold"},
	}
	plain := priceNamed(gold1, "", "")
	for _, tt := range []struct {
		name          string
		req           *paymentsv1.CheckAccessRequest
		subscriptions []any
		level         paymentsv1.AccessLevel
		reason        paymentsv1.AccessReason
		id, plan      string
	}{
		{"none", byPlan, nil, blocked, noSubscription, "", ""},
		{"one", byPlan, []any{accessSample("sub_1", active, plain)}, allowed, paid, "sub_1", gold1},
		{"of another plan", byPlan, []any{accessSample("sub_1", active, priceNamed("price_9", "", ""))}, blocked, noSubscription, "", ""},
		{"the best", byPlan, []any{
			accessSample("sub_3", unpaid, plain), accessSample("sub_2", "past_due", plain), accessSample("sub_1", unpaid, plain),
		}, grace, failed, "sub_2", gold1},
		{"the best is the oldest", byPlan, []any{
			accessSample("sub_2", "past_due", plain), accessSample("sub_1", active, plain),
		}, allowed, paid, "sub_1", gold1},
		{"the newest", byPlan, []any{
			accessSample("sub_2", unpaid, plain), accessSample("sub_1", "incomplete", plain),
		}, blocked, isUnpaid, "sub_2", gold1},
		{"by its key", byKey, []any{accessSample("sub_1", active, priceNamed(successor, "gold", "gold"))}, allowed, paid, "sub_1", successor},
		{"by the key that it had", byKey, []any{accessSample("sub_1", active, priceNamed(gold1, "", "gold"))}, allowed, paid, "sub_1", gold1},
		{"by the key that it was given at Stripe", byKey, []any{
			accessSample("sub_1", active, priceNamed(gold1, "gold", "")),
		}, allowed, paid, "sub_1", gold1},
		{"by another key", byKey, []any{accessSample("sub_1", active, priceNamed(gold1, "silver", "silver"))}, blocked, noSubscription, "", ""},
		{"without a key", byKey, []any{accessSample("sub_1", active, plain)}, blocked, noSubscription, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stripe := newStripe(t, answer(200, encode(t, map[string]any{"data": append([]any{}, tt.subscriptions...), "has_more": false})))
			got, err := newGateway(t, stripe.URL).CheckAccess(t.Context(), tt.req)
			if err != nil {
				t.Fatalf("%v\n%s", err, visible(err))
			}
			want := &paymentsv1.CheckAccessResponse{
				Access: &paymentsv1.Access{Level: tt.level, Reason: tt.reason}, SubscriptionId: tt.id, PlanId: tt.plan,
			}
			if tt.id != "" {
				want.Quantity, want.CurrentPeriodEndTime = 3, &timestamppb.Timestamp{Seconds: 1700000000}
			}
			if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			q := stripe.requests[0].URL.Query()
			if q.Get("customer") != "cus_1" || q.Get("price") != tt.req.GetPlanId() || q.Get("status") != "" || q.Get("limit") != "100" {
				t.Errorf("asked for %v", q)
			}
		})
	}
}

// TestCheckAccessPages: all that a customer can have is read, until one is found that is ACTIVE.
func TestCheckAccessPages(t *testing.T) {
	req := &paymentsv1.CheckAccessRequest{
		CustomerId: "cus_1", Plan: &paymentsv1.CheckAccessRequest_LookupKey{LookupKey: "gold"},
	}
	for _, tt := range []struct {
		// activeOn is the page with the subscription, and pages how many there are.
		name            string
		activeOn, pages int
		want            paymentsv1.AccessLevel
		asked           int
	}{
		{"on the first of many", 1, 99, paymentsv1.AccessLevel_ACCESS_LEVEL_ACTIVE, 1},
		{"on the last", 5, 5, paymentsv1.AccessLevel_ACCESS_LEVEL_ACTIVE, 5},
		{"on none", 0, 5, paymentsv1.AccessLevel_ACCESS_LEVEL_BLOCKED, 5},
		{"on none of too many", 0, 6, paymentsv1.AccessLevel_ACCESS_LEVEL_BLOCKED, 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page := 0
			stripe := newStripe(t, func(w http.ResponseWriter, r *http.Request) {
				page++
				price := priceNamed("price_9", "", "")
				if page == tt.activeOn {
					price = priceNamed("price_1", "gold", "")
				}
				answer(200, encode(t, map[string]any{
					"data": []any{accessSample(fmt.Sprintf("sub_%d", page), "active", price)}, "has_more": page < tt.pages,
				}))(w, r)
			})
			got, err := newGateway(t, stripe.URL).CheckAccess(t.Context(), req)
			if err != nil || got.GetAccess().GetLevel() != tt.want || stripe.arrivals() != tt.asked {
				t.Errorf("%v, %v after %d pages", got, err, stripe.arrivals())
			}
			for i, r := range stripe.requests[1:] {
				if after := r.URL.Query().Get("starting_after"); after != fmt.Sprintf("sub_%d", i+1) {
					t.Errorf("page %d begins after %q", i+2, after)
				}
			}
		})
	}
}

// TestCheckAccessOfNobody: a customer who does not exist has no access; a plan that does not exist is a mistake.
func TestCheckAccessOfNobody(t *testing.T) {
	req := &paymentsv1.CheckAccessRequest{
		CustomerId: "cus_1", Plan: &paymentsv1.CheckAccessRequest_PlanId{PlanId: "price_1"},
	}
	for _, status := range []int{400, 404} {
		refused := func(param string) (*paymentsv1.CheckAccessResponse, error) {
			body := encode(t, map[string]any{"error": map[string]any{
				"type": "invalid_request_error", "code": "resource_missing", "param": param, "message": canary,
			}})
			return newGateway(t, newStripe(t, answer(status, body)).URL).CheckAccess(t.Context(), req)
		}
		got, err := refused("customer")
		if err != nil || got.GetAccess().GetReason() != paymentsv1.AccessReason_ACCESS_REASON_NO_SUBSCRIPTION ||
			got.GetAccess().GetLevel() != paymentsv1.AccessLevel_ACCESS_LEVEL_BLOCKED {
			t.Errorf("%d: %v, %v", status, got, err)
		}
		_, err = refused("price")
		wantReason(t, err, invalidField)
		if field(err) != "plan_id" {
			t.Errorf("%d: field %q", status, field(err))
		}
	}
	_, err := newGateway(t, newStripe(t, answer(500, "")).URL).CheckAccess(t.Context(), req)
	wantReason(t, err, unavailable)
}
