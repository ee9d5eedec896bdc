package app_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// standing is what callers go by, in short words.
type standing struct{ state, level, reason, plan string }

func (s *shop) standing(t *testing.T, id string) standing {
	t.Helper()
	read, err := s.sales.GetSubscription(dev(t), &paymentsv1.GetSubscriptionRequest{SubscriptionId: id})
	if err != nil {
		t.Fatal(err)
	}
	sub := read.GetSubscription()
	plan := map[string]string{s.silver: "silver", s.gold: "gold"}[planOf(sub)]
	return standing{
		sub.GetState().String()[len("SUBSCRIPTION_STATE_"):], sub.GetAccess().GetLevel().String()[len("ACCESS_LEVEL_"):],
		sub.GetAccess().GetReason().String()[len("ACCESS_REASON_"):], plan,
	}
}

func (s *shop) stands(t *testing.T, when, id string, want standing) {
	t.Helper()
	if got := s.standing(t, id); got != want {
		t.Errorf("%s it is %v, want %v", when, got, want)
	}
}

// An upgrade of which the bank wants the customer is not granted before they have come: and then it is, by itself.
func TestUpgradeWaitsForTheCustomer(t *testing.T) {
	s := newShop(t)
	sub := s.subscribed(t, "upgrade-waits")
	s.pays(t, "upgrade-waits", sub.GetCustomerId(), s.atStripe(t, "/v1/payment_methods",
		"type", "card", "card[number]", "4000002760003184", "card[exp_month]", "12", "card[exp_year]", "2039"))
	changed, err := s.sales.ChangePlan(dev(t), replace("upgrade-waits-gold", sub.GetId(), s.gold))
	if err != nil {
		t.Fatal(err)
	}
	waiting := changed.GetSubscription()
	if waiting.GetPendingChange().GetInvoiceId() != waiting.GetLatestInvoice().GetId() || changed.GetClientSecret() == "" ||
		waiting.GetLatestInvoice().GetNextAction() == nil {
		t.Errorf("the upgrade that waits is %v", waiting)
	}
	s.stands(t, "while the upgrade waits", sub.GetId(), standing{"ACTIVE", "ACTIVE", "PAID", "silver"})
	again, err := s.sales.ChangePlan(dev(t), replace("upgrade-waits-gold", sub.GetId(), s.gold))
	if err != nil || !again.GetReplayed() || again.GetClientSecret() != "" {
		t.Errorf("the same call again: %v, %v, want a replay without the secret", again, err)
	}
	s.authenticate(t, waiting.GetLatestInvoice().GetPaymentId(), "succeed")
	s.stands(t, "once the customer came", sub.GetId(), standing{"ACTIVE", "ACTIVE", "PAID", "gold"})
}

// A bank debit is ACTIVE at once, and no service should think that it is paid.
func TestSubscriptionByDebit(t *testing.T) {
	s := newShop(t)
	customer := newCustomer(t, s.customers, "by-debit-payer")
	account, err := s.customers.CreatePaymentMethod(dev(t), usBankAccount("by-debit-account", "000123456789"))
	if err != nil {
		t.Fatal(err)
	}
	saved, err := s.customers.CreateSetupIntent(dev(t),
		saveAccount("by-debit-save", customer, account.GetPaymentMethod().GetId()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.customers.VerifyMicrodeposits(dev(t), &paymentsv1.VerifyMicrodepositsRequest{
		IdempotencyKey: "by-debit-verify", Amounts: []int32{32, 45},
		Subject: &paymentsv1.VerifyMicrodepositsRequest_SetupIntentId{SetupIntentId: saved.GetSetupIntent().GetId()},
	}); err != nil {
		t.Fatal(err)
	}
	req := subscribe("by-debit-subscribe", customer, s.silver)
	req.DefaultPaymentMethodId, req.PaymentMethodTypes = account.GetPaymentMethod().GetId(), []string{"us_bank_account"}
	created, err := s.sales.CreateSubscription(dev(t), req)
	if err != nil {
		t.Fatal(err)
	}
	id := created.GetSubscription().GetId()
	s.stands(t, "while the bank works on it", id, standing{"ACTIVE", "GRACE", "PAYMENT_PROCESSING", "silver"})
	preview, err := s.sales.PreviewPlanChange(dev(t), &paymentsv1.PreviewPlanChangeRequest{
		SubscriptionId: id, Changes: []*paymentsv1.ItemChange{{PlanId: s.gold}},
	})
	if err != nil || !preview.GetNotSecured() {
		t.Errorf("the preview of an upgrade by debit: %v, %v, want it not secured", preview, err)
	}
	_, err = s.sales.ChangePlan(dev(t), replace("by-debit-gold", id, s.gold))
	if client.ReasonOf(err) != paymentsv1.ErrorReason_ERROR_REASON_UPGRADE_NOT_SECURED {
		t.Errorf("an upgrade by debit: %v, want UPGRADE_NOT_SECURED", err)
	}
	s.advance(t, 6*aDay)
	s.stands(t, "once it has settled", id, standing{"ACTIVE", "ACTIVE", "PAID", "silver"})
}

// A trial without a payment method ends in a pause, and goes on when the customer brings one; a cancellation at the
// period's end can be taken back until then. All of it in the time of a test clock.
func TestSubscriptionOnATestClock(t *testing.T) {
	s := newShop(t)
	now := time.Date(2024, time.January, 31, 12, 0, 0, 0, time.UTC)
	clock := s.clock(t, now)
	made, err := s.customers.CreateCustomer(dev(t), &paymentsv1.CreateCustomerRequest{
		IdempotencyKey: "on-a-clock-payer", TestClockId: clock,
	})
	if err != nil || made.GetCustomer().GetTestClockId() != clock {
		t.Fatalf("the customer is %v, %v", made, err)
	}
	customer := made.GetCustomer().GetId()
	req := subscribe("on-a-clock-subscribe", customer, s.silver)
	trialDays(14)(req)
	req.TrialEndBehavior = paymentsv1.TrialEndBehavior_TRIAL_END_BEHAVIOR_PAUSE
	created, err := s.sales.CreateSubscription(dev(t), req)
	if err != nil {
		t.Fatal(err)
	}
	id := created.GetSubscription().GetId()
	s.stands(t, "on trial", id, standing{"TRIALING", "ACTIVE", "TRIAL", "silver"})
	s.passes(t, clock, now.AddDate(0, 0, 15))
	s.stands(t, "after the trial", id, standing{"PAUSED", "BLOCKED", "TRIAL_ENDED", "silver"})

	s.pays(t, "on-a-clock", customer, newCard(t, s.customers, "on-a-clock-card", "tok_visa"))
	if _, err := s.sales.ResumeSubscription(dev(t), &paymentsv1.ResumeSubscriptionRequest{
		IdempotencyKey: "on-a-clock-resume", SubscriptionId: id,
	}); err != nil {
		t.Fatal(err)
	}
	s.stands(t, "resumed", id, standing{"ACTIVE", "ACTIVE", "PAID", "silver"})
	canceled, err := s.sales.CancelSubscription(dev(t), &paymentsv1.CancelSubscriptionRequest{
		IdempotencyKey: "on-a-clock-cancel", SubscriptionId: id,
		When: &paymentsv1.CancelSubscriptionRequest_AtPeriodEnd{AtPeriodEnd: true},
	})
	if err != nil || !canceled.GetSubscription().GetCancelAtPeriodEnd() {
		t.Fatalf("canceled at the period's end: %v, %v", canceled, err)
	}
	undone, err := s.sales.UpdateSubscription(dev(t), &paymentsv1.UpdateSubscriptionRequest{
		IdempotencyKey: "on-a-clock-undo", SubscriptionId: id, Subscription: &paymentsv1.Subscription{},
		UpdateMask: mask("cancel_time"),
	})
	if err != nil || undone.GetSubscription().GetCancelAtPeriodEnd() || undone.GetSubscription().GetCancelTime() != nil {
		t.Fatalf("the cancellation taken back: %v, %v", undone, err)
	}

	later := replace("on-a-clock-gold", id, s.gold)
	later.Timing = atPeriodEnd
	if _, err := s.sales.ChangePlan(dev(t), later); err != nil {
		t.Fatal(err)
	}
	s.stands(t, "before the change", id, standing{"ACTIVE", "ACTIVE", "PAID", "silver"})
	s.passes(t, clock, now.AddDate(0, 0, 15).AddDate(0, 1, 1))
	s.stands(t, "after the change", id, standing{"ACTIVE", "ACTIVE", "PAID", "gold"})
	if diff := cmp.Diff([]string{"charge 1000", "charge 2500"}, s.moved(t)); diff != "" {
		t.Errorf("how money moved (-want +got):\n%s", diff)
	}
}
