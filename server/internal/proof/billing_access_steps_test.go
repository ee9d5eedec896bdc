package proof_test

import (
	"time"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// stepsOfLife are what can happen next, each with how often it does, in parts of all.
var stepsOfLife = []struct {
	weight int
	do     func(*life)
}{
	{12, (*life).subscribe},
	{22, (*life).changeNow},
	{6, (*life).changeAtPeriodEnd},
	{5, (*life).update},
	{4, (*life).pause},
	{3, (*life).resume},
	{3, (*life).cancel},
	{9, (*life).pay},
	{4, (*life).void},
	{3, (*life).finalize},
	{8, (*life).setDefault},
	{9, (*life).authenticate},
	{16, (*life).wait},
}

// step makes one step.
func (l *life) step() {
	if len(l.subs) == 0 {
		l.subscribe()
		return
	}
	total := 0
	for _, s := range stepsOfLife {
		total += s.weight
	}
	roll := l.random.IntN(total)
	for _, s := range stepsOfLife {
		if roll -= s.weight; roll < 0 {
			s.do(l)
			return
		}
	}
}

func draw[T any](l *life, from ...T) T { return from[l.random.IntN(len(from))] }

// sub is a subscription, mostly one of the living.
func (l *life) sub() *paymentsv1.Subscription {
	var living []*paymentsv1.Subscription
	for _, sub := range l.subs {
		if sub.GetEndedTime() == nil {
			living = append(living, sub)
		}
	}
	if len(living) == 0 || l.random.IntN(20) == 0 {
		living = l.subs
	}
	sub := draw(l, living...)
	l.touched = append(l.touched, sub.GetId())
	return sub
}

func (l *life) subscribe() {
	if len(l.subs) >= l.most {
		l.wait()
		return
	}
	req := &paymentsv1.CreateSubscriptionRequest{
		IdempotencyKey: l.key(), CustomerId: l.customer, PaymentBehavior: paymentsv1.PaymentBehavior(l.random.IntN(4)),
		OffSession: l.random.IntN(3) == 0,
	}
	req.Items = append(req.Items, &paymentsv1.NewSubscriptionItem{PlanId: l.plans[l.random.IntN(len(l.plans))]})
	if l.random.IntN(4) == 0 {
		req.Items[0].Quantity = new(int64(1 + l.random.IntN(3)))
		if other := l.plans[l.random.IntN(3)]; other != req.GetItems()[0].GetPlanId() {
			req.Items = append(req.Items, &paymentsv1.NewSubscriptionItem{PlanId: other})
		}
	}
	switch l.random.IntN(8) {
	case 0:
		req.Trial = &paymentsv1.CreateSubscriptionRequest_TrialDays{TrialDays: int32(1 + l.random.IntN(30))}
		req.TrialEndBehavior = paymentsv1.TrialEndBehavior(l.random.IntN(4))
	case 1:
		req.CollectionMethod = paymentsv1.CollectionMethod_COLLECTION_METHOD_SEND_INVOICE
		req.DaysUntilDue = int32(1 + l.random.IntN(30))
		req.PaymentBehavior = 0
	}
	if len(l.methods) > 0 && l.random.IntN(4) == 0 {
		req.DefaultPaymentMethodId = draw(l, l.methods...)
	}
	made, err := l.CreateSubscription(l.t.Context(), req)
	if l.hearsOf("subscribe", made.GetSubscription(), err) {
		l.note("  as %s", made.GetSubscription().GetId())
		l.subs = append(l.subs, made.GetSubscription())
		l.touched = append(l.touched, made.GetSubscription().GetId())
	}
}

// change draws what becomes of the items.
func (l *life) change(sub *paymentsv1.Subscription) (changes []*paymentsv1.ItemChange, added []*paymentsv1.NewSubscriptionItem) {
	item := draw(l, sub.GetItems()...)
	switch roll := l.random.IntN(10); {
	case roll < 6:
		one := &paymentsv1.ItemChange{ItemId: item.GetId(), PlanId: l.plans[l.random.IntN(len(l.plans))]}
		if l.random.IntN(4) == 0 {
			one.Quantity = new(int64(1 + l.random.IntN(4)))
		}
		return []*paymentsv1.ItemChange{one}, nil
	case roll < 8:
		return []*paymentsv1.ItemChange{{ItemId: item.GetId(), Quantity: new(int64(1 + l.random.IntN(5)))}}, nil
	case roll < 9:
		return nil, itemsOf(l.plans[l.random.IntN(len(l.plans))])
	default:
		return []*paymentsv1.ItemChange{{ItemId: item.GetId(), Remove: true}}, nil
	}
}

const previewStale = paymentsv1.ErrorReason_ERROR_REASON_PREVIEW_STALE

func (l *life) changeNow() {
	sub := l.sub()
	req := &paymentsv1.ChangePlanRequest{IdempotencyKey: l.key(), SubscriptionId: sub.GetId()}
	req.Changes, req.NewItems = l.change(sub)
	if l.random.IntN(5) == 0 {
		preview, err := l.PreviewPlanChange(l.t.Context(), &paymentsv1.PreviewPlanChangeRequest{
			SubscriptionId: sub.GetId(), Changes: req.GetChanges(), NewItems: req.GetNewItems(),
		})
		if l.hears("preview", err) {
			req.ProrationTime, req.ExpectedAmountDue = preview.GetProrationTime(), preview.GetAmountDue()
		}
	}
	changed, err := l.ChangePlan(l.t.Context(), req)
	if heard := (reply{err: err}); req.GetExpectedAmountDue() != nil && heard.reason() == previewStale {
		l.t.Errorf("the preview of this moment is stale: %v", req)
	}
	if l.hearsOf("change now", changed.GetSubscription(), err) {
		what := "change now: granted"
		if changed.GetSubscription().GetPendingChange() != nil {
			what = "change now: waits for its payment"
		}
		l.met[what]++
	}
}

func (l *life) changeAtPeriodEnd() {
	sub := l.sub()
	req := &paymentsv1.ChangePlanRequest{
		IdempotencyKey: l.key(), SubscriptionId: sub.GetId(), Timing: paymentsv1.ChangeTiming_CHANGE_TIMING_PERIOD_END,
	}
	req.Changes, req.NewItems = l.change(sub)
	changed, err := l.ChangePlan(l.t.Context(), req)
	l.hearsOf("change at the period's end", changed.GetSubscription(), err)
}

func (l *life) update() {
	req := &paymentsv1.UpdateSubscriptionRequest{
		IdempotencyKey: l.key(), SubscriptionId: l.sub().GetId(), Subscription: &paymentsv1.Subscription{},
		UpdateMask: &fieldmaskpb.FieldMask{},
	}
	switch l.random.IntN(6) {
	case 0:
		req.Subscription.CancelTime = at(l.now.Add(time.Duration(1+l.random.IntN(60)) * day))
		req.UpdateMask.Paths = []string{"cancel_time"}
	case 1:
		req.UpdateMask.Paths = []string{"cancel_time"}
	case 2:
		req.Subscription.TrialEndTime = at(l.now.Add(time.Duration(1+l.random.IntN(20)) * day))
		req.UpdateMask.Paths = []string{"trial_end_time"}
	case 3:
		req.UpdateMask.Paths = []string{"trial_end_time"}
	case 4:
		req.Subscription.CollectionMethod, req.Subscription.DaysUntilDue = paymentsv1.CollectionMethod_COLLECTION_METHOD_SEND_INVOICE, 7
		req.UpdateMask.Paths = []string{"collection_method", "days_until_due"}
	default:
		if len(l.methods) > 0 {
			req.Subscription.DefaultPaymentMethodId = draw(l, l.methods...)
		}
		req.UpdateMask.Paths = []string{"default_payment_method_id"}
	}
	l.note("update %v of %s", req.GetUpdateMask().GetPaths(), req.GetSubscriptionId())
	answer, err := l.UpdateSubscription(l.t.Context(), req)
	l.hearsOf("update", answer.GetSubscription(), err)
}

func (l *life) pause() {
	req := &paymentsv1.PauseSubscriptionRequest{
		IdempotencyKey: l.key(), SubscriptionId: l.sub().GetId(), Behavior: paymentsv1.PauseBehavior(1 + l.random.IntN(3)),
	}
	if l.random.IntN(3) == 0 {
		req.ResumeTime = at(l.now.Add(time.Duration(1+l.random.IntN(40)) * day))
	}
	l.note("pause %s as %s", req.GetSubscriptionId(), req.GetBehavior())
	answer, err := l.PauseSubscription(l.t.Context(), req)
	l.hearsOf("pause", answer.GetSubscription(), err)
}

func (l *life) resume() {
	sub := l.sub()
	for _, other := range l.subs {
		if other.GetPause() != nil {
			sub = other
			l.touched = append(l.touched, sub.GetId())
		}
	}
	answer, err := l.ResumeSubscription(l.t.Context(), &paymentsv1.ResumeSubscriptionRequest{
		IdempotencyKey: l.key(), SubscriptionId: sub.GetId(),
	})
	l.hearsOf("resume", answer.GetSubscription(), err)
}

func (l *life) cancel() {
	req := &paymentsv1.CancelSubscriptionRequest{IdempotencyKey: l.key(), SubscriptionId: l.sub().GetId()}
	switch l.random.IntN(3) {
	case 0:
		req.When = &paymentsv1.CancelSubscriptionRequest_Now{Now: true}
		req.Prorate, req.InvoiceNow = l.random.IntN(2) == 0, l.random.IntN(2) == 0
	case 1:
		req.When = &paymentsv1.CancelSubscriptionRequest_AtPeriodEnd{AtPeriodEnd: true}
	default:
		req.When = &paymentsv1.CancelSubscriptionRequest_Time{Time: at(l.now.Add(time.Duration(1+l.random.IntN(60)) * day))}
	}
	answer, err := l.CancelSubscription(l.t.Context(), req)
	l.hearsOf("cancel", answer.GetSubscription(), err)
}
