package stripegw_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// steps runs an rpc that may take several, each under a key of its own, and returns how the last that ran ended.
func (b *bench) steps(t *testing.T, method, name string, req, on proto.Message) stripegw.Result {
	t.Helper()
	steps, err := b.gateway.Prepare(req, on, "op_"+name)
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, visible(err))
	}
	for {
		result := b.gateway.Write(t.Context(), stripegw.Sending{
			Method: method, Request: steps[0].Request, Next: steps[1:], Key: "tg1-" + name + "-" + steps[0].Name,
			OperationID: "op_" + name, MaxSends: 3,
		})
		if result.Verdict != stripegw.Done || result.Err != nil || len(result.Next) == 0 {
			return result
		}
		steps = result.Next
	}
}

// changes runs what must succeed, on the subscription as it is.
func (b *bench) changes(t *testing.T, method, name string, req proto.Message) *paymentsv1.Subscription {
	t.Helper()
	id := req.(interface{ GetSubscriptionId() string }).GetSubscriptionId()
	changed := b.run(t, method, name, req, b.read(t, id)).(*paymentsv1.Subscription)
	// What the write answered is what a read tells.
	if now := b.read(t, id); !proto.Equal(now, changed) {
		t.Errorf("%s: answered %v\nread %v", name, changed, now)
	}
	return changed
}

func (b *bench) read(t *testing.T, id string) *paymentsv1.Subscription {
	t.Helper()
	s, err := b.gateway.GetSubscription(t.Context(), id)
	if err != nil {
		t.Fatalf("%v\n%s", err, visible(err))
	}
	return s
}

// plan makes a plan of so much a month.
func (b *bench) plan(t *testing.T, name string, amount int64) string {
	t.Helper()
	return b.run(t, createPlan, "plan_"+name, &paymentsv1.CreatePlanRequest{Plan: &paymentsv1.Plan{
		Name: name, Amount: usd(amount), Interval: paymentsv1.PlanInterval_PLAN_INTERVAL_MONTH,
	}}, nil).(*paymentsv1.Plan).GetId()
}

// paying makes a customer whose default is this card.
func (b *bench) paying(t *testing.T, name, token string) string {
	t.Helper()
	jane := b.customer(t, name)
	b.saves(t, name, jane, token)
	return jane
}

// saves makes a card the customer's default.
func (b *bench) saves(t *testing.T, name, customer, token string) {
	t.Helper()
	card := b.made(t, createMethod, name+"_card_"+token, cardMethod(token))
	b.made(t, attachMethod, name+"_attach_"+token, &paymentsv1.AttachPaymentMethodRequest{
		PaymentMethodId: card, CustomerId: customer,
	})
	b.made(t, setDefault, name+"_default_"+token, &paymentsv1.SetDefaultPaymentMethodRequest{
		CustomerId: customer, PaymentMethodId: card,
	})
}

// subscribe creates a subscription to two of a plan.
func (b *bench) subscribe(t *testing.T, name, customer, plan string) *paymentsv1.Subscription {
	t.Helper()
	result := b.write(t, createSubscription, name, &paymentsv1.CreateSubscriptionRequest{
		CustomerId: customer, Items: []*paymentsv1.NewSubscriptionItem{{PlanId: plan, Quantity: new(int64(2))}},
		Metadata: map[string]string{"seat": "7"},
	})
	if result.Err != nil {
		t.Fatalf("%v\n%s", result.Err, visible(result.Err))
	}
	return result.Outcome.Resource.(*paymentsv1.Subscription)
}

func accessIs(t *testing.T, s *paymentsv1.Subscription, level paymentsv1.AccessLevel, reason paymentsv1.AccessReason) {
	t.Helper()
	if s.GetAccess().GetLevel() != level || s.GetAccess().GetReason() != reason {
		t.Errorf("access is %v, want %v, %v", s.GetAccess(), level, reason)
	}
}

// TestSandboxSubscription walks through what is done to one subscription.
func TestSandboxSubscription(t *testing.T) {
	b := newBench(t)
	gold, silver := b.plan(t, "gold", 2000), b.plan(t, "silver", 1000)
	jane := b.paying(t, "jane", "tok_visa")
	sub := b.subscribe(t, "subscribe", jane, silver)
	accessIs(t, sub, paymentsv1.AccessLevel_ACCESS_LEVEL_ACTIVE, paymentsv1.AccessReason_ACCESS_REASON_PAID)
	if !proto.Equal(sub, b.read(t, sub.GetId())) || sub.GetChargedPaymentMethodType() != "card" ||
		sub.GetLatestInvoice().GetPaymentState() != paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED {
		t.Errorf("created %v", sub)
	}
	id, item := sub.GetId(), sub.GetItems()[0].GetId()
	change := func(timing paymentsv1.ChangeTiming, plan string) *paymentsv1.ChangePlanRequest {
		return &paymentsv1.ChangePlanRequest{
			SubscriptionId: id, Timing: timing, Changes: []*paymentsv1.ItemChange{{PlanId: plan}},
		}
	}

	up := b.changes(t, changePlan, "up", change(0, gold))
	if len(up.GetItems()) != 1 || up.GetItems()[0].GetId() != item || up.GetItems()[0].GetPlan().GetId() != gold ||
		up.GetItems()[0].GetQuantity() != 2 || up.GetPendingChange() != nil {
		t.Errorf("upgraded to %v, %v", up.GetItems(), up.GetPendingChange())
	}

	down := b.changes(t, changePlan, "down", change(later, silver))
	scheduled := down.GetScheduledChange()
	if down.GetItems()[0].GetPlan().GetId() != gold || len(scheduled.GetItems()) != 1 ||
		scheduled.GetItems()[0].GetPlan().GetId() != silver || scheduled.GetItems()[0].GetQuantity() != 2 ||
		!proto.Equal(scheduled.GetApplyTime(), down.GetCurrentPeriodEndTime()) {
		t.Errorf("scheduled %v", scheduled)
	}

	more := change(later, silver)
	more.Changes[0].Quantity = new(int64(9))
	again := b.changes(t, changePlan, "down_again", more).GetScheduledChange()
	if again.GetScheduleId() == scheduled.GetScheduleId() || again.GetItems()[0].GetQuantity() != 9 {
		t.Errorf("scheduled anew %v", again)
	}
	back := b.changes(t, changePlan, "back", change(later, gold)).GetScheduledChange()
	if back.GetItems()[0].GetPlan().GetId() != gold || back.GetItems()[0].GetQuantity() != 2 {
		t.Errorf("taken back %v", back)
	}

	card := b.card(t, jane)
	own := b.changes(t, updateSubscription, "own", &paymentsv1.UpdateSubscriptionRequest{
		SubscriptionId: id, Subscription: &paymentsv1.Subscription{
			DefaultPaymentMethodId: card, Description: "Gold for Jane", Metadata: map[string]string{"seat": "8"},
		},
	})
	if own.GetChargedPaymentMethodId() != card || own.GetScheduledChange() == nil || own.GetMetadata()["seat"] != "8" {
		t.Errorf("updated %v", own)
	}

	paused := b.changes(t, pauseSubscription, "pause", &paymentsv1.PauseSubscriptionRequest{
		SubscriptionId: id, Behavior: paymentsv1.PauseBehavior_PAUSE_BEHAVIOR_VOID,
	})
	if paused.GetPause().GetBehavior() != paymentsv1.PauseBehavior_PAUSE_BEHAVIOR_VOID || paused.GetScheduledChange() != nil {
		t.Errorf("paused %v, %v", paused.GetPause(), paused.GetScheduledChange())
	}
	resumed := b.changes(t, resumeSubscription, "resume", &paymentsv1.ResumeSubscriptionRequest{SubscriptionId: id})
	if resumed.GetPause() != nil {
		t.Errorf("resumed %v", resumed.GetPause())
	}

	ends := b.changes(t, cancelSubscription, "cancel_end", &paymentsv1.CancelSubscriptionRequest{
		SubscriptionId: id, When: &paymentsv1.CancelSubscriptionRequest_AtPeriodEnd{AtPeriodEnd: true},
	})
	if !ends.GetCancelAtPeriodEnd() || !proto.Equal(ends.GetCancelTime(), ends.GetCurrentPeriodEndTime()) {
		t.Errorf("ends %v", ends.GetCancelTime())
	}
	goes := b.changes(t, updateSubscription, "goes_on", &paymentsv1.UpdateSubscriptionRequest{
		SubscriptionId: id, Subscription: &paymentsv1.Subscription{},
		UpdateMask: subscriptionUpdateOf(nil, "cancel_time").GetUpdateMask(),
	})
	if goes.GetCancelAtPeriodEnd() || goes.GetCancelTime() != nil {
		t.Errorf("goes on until %v", goes.GetCancelTime())
	}
	until := timestamppb.New(goes.GetCurrentPeriodEndTime().AsTime().AddDate(0, 0, -3))
	timed := b.changes(t, cancelSubscription, "cancel_at", &paymentsv1.CancelSubscriptionRequest{
		SubscriptionId: id, When: &paymentsv1.CancelSubscriptionRequest_Time{Time: until},
	})
	if timed.GetCancelAtPeriodEnd() || timed.GetCancelTime().GetSeconds() != until.GetSeconds() {
		t.Errorf("ends %v, want %v", timed.GetCancelTime(), until)
	}

	now := &paymentsv1.CancelSubscriptionRequest{
		SubscriptionId: id, When: &paymentsv1.CancelSubscriptionRequest_Now{Now: true},
	}
	for _, name := range []string{"cancel", "cancel_again"} {
		ended := b.changes(t, cancelSubscription, name, now)
		accessIs(t, ended, paymentsv1.AccessLevel_ACCESS_LEVEL_BLOCKED, paymentsv1.AccessReason_ACCESS_REASON_ENDED)
	}
	for _, state := range []struct {
		req  *paymentsv1.ListSubscriptionsRequest
		want int
	}{
		{&paymentsv1.ListSubscriptionsRequest{CustomerId: jane}, 0},
		{&paymentsv1.ListSubscriptionsRequest{CustomerId: jane, IncludeCanceled: true, PlanId: gold}, 1},
		{&paymentsv1.ListSubscriptionsRequest{State: paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_CANCELED}, 1},
		{&paymentsv1.ListSubscriptionsRequest{State: paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_ACTIVE}, 0},
	} {
		list, _, err := b.gateway.SubscriptionPage(t.Context(), state.req, "", 20)
		if err != nil || len(list) != state.want {
			t.Errorf("%v: %d, %v; want %d", state.req, len(list), err, state.want)
		}
		if len(list) == 1 && !proto.Equal(list[0], b.read(t, id)) {
			t.Errorf("listed %v\nread %v", list[0], b.read(t, id))
		}
	}
}
