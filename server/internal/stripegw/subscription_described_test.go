package stripegw_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// TestStripeTakesSubscriptions holds the other forms of what is sent for subscriptions, and what is read, against Stripe's
// own description.
func TestStripeTakesSubscriptions(t *testing.T) {
	stripe := httptest.NewServer(describedStripe(t))
	t.Cleanup(stripe.Close)
	g := newGateway(t, stripe.URL)
	none := &paymentsv1.Subscription{}
	for _, tt := range []struct {
		name, method string
		req          proto.Message
		on           *paymentsv1.Subscription
	}{
		{"cleared", updateSubscription, subscriptionUpdateOf(none, "default_payment_method_id", "description", "cancel_time"), goldRead()},
		{"the trial ended", updateSubscription, subscriptionUpdateOf(none, "trial_end_time"), goldRead(trialing)},
		{"settings of a schedule", updateSubscription, subscriptionUpdateOf(
			changedSubscription(), "default_payment_method_id", "collection_method", "days_until_due"), goldRead(onSchedule)},
		{"no default in a schedule", updateSubscription, subscriptionUpdateOf(
			none, "default_payment_method_id"), goldRead(onSchedule)},
		{"held back", changePlan, changeOf(0, dearer()), goldRead()},
		{"an item that goes", changePlan, changeOf(0, &paymentsv1.ItemChange{ItemId: "si_2", Remove: true}), goldRead(twoItems)},
		{"a schedule rewritten", changePlan, changeOf(later, dearer()), goldRead(onSchedule)},
		{"a schedule during a trial", changePlan, changeOf(later, dearer()), goldRead(trialing)},
		{"ended at a time", cancelSubscription, cancelAt(), goldRead()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			steps, err := g.Prepare(tt.req, tt.on, operationID)
			if err != nil {
				t.Fatal(err)
			}
			for len(steps) > 0 {
				s := sending(tt.method, steps[0].Request)
				s.MaxSends, s.Next = 1, steps[1:]
				result := g.Write(t.Context(), s)
				if result.Err != nil {
					t.Fatalf("step %s: %v\n%s", steps[0].Name, result.Err, visible(result.Err))
				}
				if _, err := g.LookUp(t.Context(), stripegw.Search{
					Method: tt.method, Request: s.Request, Next: s.Next, OperationID: operationID,
				}); err != nil {
					t.Errorf("the look-up of step %s: %v\n%s", steps[0].Name, err, visible(err))
				}
				steps = result.Next
			}
		})
	}
	sub, err := g.GetSubscription(t.Context(), "sub_1")
	if err != nil || sub.GetId() == "" {
		t.Errorf("read %v, %v", sub, err)
	}
	list, _, err := g.SubscriptionPage(t.Context(), &paymentsv1.ListSubscriptionsRequest{
		CustomerId: "cus_1", PlanId: "price_1", State: paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_PAST_DUE,
		StartTime: at(1700000000), EndTime: at(1800000000),
	}, "sub_9", 100)
	if err != nil || len(list) == 0 {
		t.Errorf("listed %v, %v\n%s", list, err, visible(err))
	}
	r, err := prepareOnly(g, leastCreateSubscription(), operationID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.LookUp(t.Context(), stripegw.Search{
		Method: createSubscription, Request: r, OperationID: operationID, From: time.Unix(1, 0), To: time.Unix(2, 0),
	}); err != nil {
		t.Errorf("the look-up of a create: %v\n%s", err, visible(err))
	}
}
