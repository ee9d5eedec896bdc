package proof_test

import (
	"fmt"
	"testing"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// day is what test clocks count.
const day = 24 * time.Hour

// startBilling starts one server in front of the sandbox. The test runs beside all others.
func startBilling(t *testing.T) (*stand, *server) {
	t.Helper()
	s := newStand(t, (engine{name: "sqlite", replicas: 1}).open(t), 1)
	s.servers[0].serve(t)
	return s, s.servers[0]
}

// standing is a state of a subscription, with what it means for the customer.
type standing struct {
	state  paymentsv1.SubscriptionState
	level  paymentsv1.AccessLevel
	reason paymentsv1.AccessReason
}

func (s standing) String() string {
	return s.state.String() + " " + s.level.String() + " " + s.reason.String()
}

// What the rows of the table look like.
var (
	paid = standing{
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_ACTIVE, paymentsv1.AccessLevel_ACCESS_LEVEL_ACTIVE,
		paymentsv1.AccessReason_ACCESS_REASON_PAID,
	}
	onTrial = standing{
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_TRIALING, paymentsv1.AccessLevel_ACCESS_LEVEL_ACTIVE,
		paymentsv1.AccessReason_ACCESS_REASON_TRIAL,
	}
	unpaidYet = standing{
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_ACTIVE, paymentsv1.AccessLevel_ACCESS_LEVEL_GRACE,
		paymentsv1.AccessReason_ACCESS_REASON_INVOICE_OPEN,
	}
	settling = standing{
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_ACTIVE, paymentsv1.AccessLevel_ACCESS_LEVEL_GRACE,
		paymentsv1.AccessReason_ACCESS_REASON_PAYMENT_PROCESSING,
	}
	givenUp = standing{
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_ACTIVE, paymentsv1.AccessLevel_ACCESS_LEVEL_GRACE,
		paymentsv1.AccessReason_ACCESS_REASON_INVOICE_UNCOLLECTIBLE,
	}
	incomplete = standing{
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_INCOMPLETE, paymentsv1.AccessLevel_ACCESS_LEVEL_BLOCKED,
		paymentsv1.AccessReason_ACCESS_REASON_FIRST_PAYMENT_MISSING,
	}
	expired = standing{
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_INCOMPLETE_EXPIRED, paymentsv1.AccessLevel_ACCESS_LEVEL_BLOCKED,
		paymentsv1.AccessReason_ACCESS_REASON_ENDED,
	}
	canceled = standing{
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_CANCELED, paymentsv1.AccessLevel_ACCESS_LEVEL_BLOCKED,
		paymentsv1.AccessReason_ACCESS_REASON_ENDED,
	}
	late = standing{
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_PAST_DUE, paymentsv1.AccessLevel_ACCESS_LEVEL_GRACE,
		paymentsv1.AccessReason_ACCESS_REASON_PAYMENT_FAILED,
	}
	wanted = standing{
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_PAST_DUE, paymentsv1.AccessLevel_ACCESS_LEVEL_GRACE,
		paymentsv1.AccessReason_ACCESS_REASON_PAYMENT_ACTION_REQUIRED,
	}
	exhausted = standing{
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_PAST_DUE, paymentsv1.AccessLevel_ACCESS_LEVEL_BLOCKED,
		paymentsv1.AccessReason_ACCESS_REASON_RETRIES_EXHAUSTED,
	}
	unpaidForGood = standing{
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_UNPAID, paymentsv1.AccessLevel_ACCESS_LEVEL_BLOCKED,
		paymentsv1.AccessReason_ACCESS_REASON_UNPAID,
	}
	halted = standing{
		paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_PAUSED, paymentsv1.AccessLevel_ACCESS_LEVEL_BLOCKED,
		paymentsv1.AccessReason_ACCESS_REASON_TRIAL_ENDED,
	}
)

// stands checks where a subscription stands, and that CheckAccess says the same.
func (b *buyer) stands(t *testing.T, id string, want standing) *paymentsv1.Subscription {
	t.Helper()
	got := b.reads(t, id)
	is := standing{got.GetState(), got.GetAccess().GetLevel(), got.GetAccess().GetReason()}
	if is != want {
		t.Fatalf("at %s it is %v, want %v; its latest invoice is %v", b.now.Format(time.RFC3339), is, want,
			got.GetLatestInvoice())
	}
	checked, err := b.CheckAccess(t.Context(), &paymentsv1.CheckAccessRequest{
		CustomerId: b.customer, Plan: &paymentsv1.CheckAccessRequest_PlanId{PlanId: got.GetItems()[0].GetPlan().GetId()},
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked.GetAccess().GetLevel() != want.level {
		t.Errorf("at %s CheckAccess says %v, want %v", b.now.Format(time.RFC3339), checked, want.level)
	}
	return got
}

// Every transition of a subscription that Stripe has is reached through the API, each with its access.
func TestTransitionsOfSubscriptions(t *testing.T) {
	s, server := startBilling(t)
	caller := server.as(t, shop)
	gold := monthly(t, caller, "gold", 2000)
	for i, row := range transitions {
		t.Run(row.name, func(t *testing.T) {
			if row.dunningEnd != "" {
				s.stripe.control(t, "settings", map[string]any{"dunning_end": row.dunningEnd})
			}
			b := newBuyer(t, caller, s.stripe, fmt.Sprint("transition-", i), row.method, beginning)
			row.takes(t, b, gold)
		})
	}
}
