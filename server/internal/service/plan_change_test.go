package service_test

import (
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/service"
)

// The moments around and in a period.
var (
	before = timestamppb.New(time.Unix(999, 0))
	start  = timestamppb.New(time.Unix(1000, 0))
	within = timestamppb.New(time.Unix(1500, 0))
	end    = timestamppb.New(time.Unix(2000, 0))
	after  = timestamppb.New(time.Unix(2001, 0))
)

// A change of plans is refused where the subscription does not allow it, where Stripe could not hold it back until it
// is paid, and where it costs something else than was expected; and nothing is written then.
func TestChangePlanIsSecured(t *testing.T) {
	const atEnd = paymentsv1.ChangeTiming_CHANGE_TIMING_PERIOD_END
	debit := func(s *paymentsv1.Subscription) { s.ChargedPaymentMethodType = "us_bank_account" }
	invoiced := func(s *paymentsv1.Subscription) { s.CollectionMethod = sendsItOut }
	paused := func(s *paymentsv1.Subscription) { s.Pause = &paymentsv1.Pause{Behavior: voidIt} }
	pending := func(s *paymentsv1.Subscription) { s.PendingChange = &paymentsv1.PendingChange{InvoiceId: "in_7"} }
	unpaid := func(state paymentsv1.InvoiceState) func(*paymentsv1.Subscription) {
		return func(s *paymentsv1.Subscription) {
			s.LatestInvoice = &paymentsv1.Invoice{Id: "in_8", State: state, Total: usd(500), AmountDue: usd(300)}
			if state == paymentsv1.InvoiceState_INVOICE_STATE_DRAFT {
				s.LatestInvoice.AmountDue = usd(0) // The customer's balance may be gone by the time it is final.
			}
		}
	}
	notSecured := func(cause string) map[string]string {
		return map[string]string{"cause": cause, "amount_due": "700"}
	}
	for _, tt := range []struct {
		name     string
		sub      func(*paymentsv1.Subscription)
		due      int64
		req      *paymentsv1.ChangePlanRequest
		reason   string
		metadata map[string]string
		previews int
	}{
		{"an upgrade by card", nil, 700, &paymentsv1.ChangePlanRequest{}, "", nil, 0},
		{
			"an upgrade by Link", func(s *paymentsv1.Subscription) { s.ChargedPaymentMethodType = "link" }, 700,
			&paymentsv1.ChangePlanRequest{}, "", nil, 0,
		},
		{"an upgrade with nothing to charge", func(s *paymentsv1.Subscription) {
			s.ChargedPaymentMethodId, s.ChargedPaymentMethodType = "", ""
		}, 700, &paymentsv1.ChangePlanRequest{}, "", nil, 0},
		{
			"an upgrade by debit", debit, 700, &paymentsv1.ChangePlanRequest{},
			"UPGRADE_NOT_SECURED", notSecured("PAYMENT_METHOD"), 1,
		},
		{
			"an upgrade by an old method", func(s *paymentsv1.Subscription) { s.ChargedPaymentMethodType = "" }, 700,
			&paymentsv1.ChangePlanRequest{}, "UPGRADE_NOT_SECURED", notSecured("PAYMENT_METHOD"), 1,
		},
		{
			"an upgrade by invoice", invoiced, 700, &paymentsv1.ChangePlanRequest{},
			"UPGRADE_NOT_SECURED", notSecured("SEND_INVOICE"), 1,
		},
		{
			"an upgrade by ways unknown", func(s *paymentsv1.Subscription) { s.CollectionMethod = 0 }, 700,
			&paymentsv1.ChangePlanRequest{}, "UPGRADE_NOT_SECURED", notSecured("PAYMENT_METHOD"), 1,
		},
		{
			"an upgrade while paused", paused, 700, &paymentsv1.ChangePlanRequest{},
			"UPGRADE_NOT_SECURED", notSecured("COLLECTION_PAUSED"), 1,
		},
		{"an upgrade by debit, unpaid", debit, 700, &paymentsv1.ChangePlanRequest{AllowUnpaid: true}, "", nil, 0},
		{"an upgrade by debit at the end", debit, 700, &paymentsv1.ChangePlanRequest{Timing: atEnd}, "", nil, 0},
		{"a downgrade by debit", debit, 0, &paymentsv1.ChangePlanRequest{}, "", nil, 1},
		{"a downgrade by invoice", invoiced, -300, &paymentsv1.ChangePlanRequest{}, "", nil, 1},
		{"what was expected", nil, 700, &paymentsv1.ChangePlanRequest{ExpectedAmountDue: usd(700)}, "", nil, 1},
		{"what was expected, in small letters", nil, 700, &paymentsv1.ChangePlanRequest{
			ExpectedAmountDue: &paymentsv1.Money{MinorUnits: 700, CurrencyCode: "usd"},
		}, "", nil, 1},
		{
			"more than was expected", nil, 700, &paymentsv1.ChangePlanRequest{ExpectedAmountDue: usd(699)},
			"PREVIEW_STALE",
			map[string]string{"amount_due": "700"},
			1,
		},
		{
			"less than was expected", nil, 0, &paymentsv1.ChangePlanRequest{ExpectedAmountDue: usd(1)},
			"PREVIEW_STALE",
			map[string]string{"amount_due": "0"},
			1,
		},
		{"more than was expected, unpaid", debit, 700, &paymentsv1.ChangePlanRequest{
			ExpectedAmountDue: usd(699), AllowUnpaid: true,
		}, "PREVIEW_STALE", map[string]string{"amount_due": "700"}, 1},
		{
			"what was expected, not secured", debit, 700, &paymentsv1.ChangePlanRequest{ExpectedAmountDue: usd(700)},
			"UPGRADE_NOT_SECURED", notSecured("PAYMENT_METHOD"), 1,
		},
		{
			"while a renewal is a draft", unpaid(paymentsv1.InvoiceState_INVOICE_STATE_DRAFT), 0, &paymentsv1.ChangePlanRequest{},
			"UPGRADE_NOT_SECURED",
			map[string]string{"cause": "INVOICE_OPEN", "invoice_id": "in_8", "amount_due": "0"},
			0,
		},
		{
			"while an invoice is open", unpaid(paymentsv1.InvoiceState_INVOICE_STATE_OPEN), 0, &paymentsv1.ChangePlanRequest{},
			"UPGRADE_NOT_SECURED",
			map[string]string{"cause": "INVOICE_OPEN", "invoice_id": "in_8", "amount_due": "300"},
			0,
		},
		{
			"while an invoice is open, unpaid", unpaid(paymentsv1.InvoiceState_INVOICE_STATE_OPEN), 0,
			&paymentsv1.ChangePlanRequest{AllowUnpaid: true}, "", nil, 0,
		},
		{
			"while an invoice is open, at the end", unpaid(paymentsv1.InvoiceState_INVOICE_STATE_OPEN), 0,
			&paymentsv1.ChangePlanRequest{Timing: atEnd}, "", nil, 0,
		},
		{"after a void invoice", unpaid(paymentsv1.InvoiceState_INVOICE_STATE_VOID), 0, &paymentsv1.ChangePlanRequest{}, "", nil, 0},
		{"another currency", nil, 700, &paymentsv1.ChangePlanRequest{
			ExpectedAmountDue: &paymentsv1.Money{MinorUnits: 700, CurrencyCode: "EUR"},
		}, "INVALID_FIELD", map[string]string{"field": "expected_amount_due.currency_code"}, 0},
		{
			"while one is pending", pending, 700, &paymentsv1.ChangePlanRequest{},
			"CHANGE_PENDING",
			map[string]string{"invoice_id": "in_7"},
			0,
		},
		{
			"while one is pending, unpaid", pending, 700, &paymentsv1.ChangePlanRequest{AllowUnpaid: true},
			"CHANGE_PENDING",
			map[string]string{"invoice_id": "in_7"},
			0,
		},
		{
			"at the end, while one is pending", pending, 700, &paymentsv1.ChangePlanRequest{Timing: atEnd},
			"CHANGE_PENDING",
			map[string]string{"invoice_id": "in_7"},
			0,
		},
		{
			"at the end that is the last", func(s *paymentsv1.Subscription) { s.CancelTime = end }, 700,
			&paymentsv1.ChangePlanRequest{Timing: atEnd}, "UNEXPECTED_STATE",
			map[string]string{"state": "ACTIVE"},
			0,
		},
		{
			"now, though it ends", func(s *paymentsv1.Subscription) { s.CancelTime = end }, 700,
			&paymentsv1.ChangePlanRequest{}, "", nil, 0,
		},
		{"from before the period on", nil, 700, &paymentsv1.ChangePlanRequest{ProrationTime: before}, "PREVIEW_STALE", nil, 0},
		{"from the period on", nil, 700, &paymentsv1.ChangePlanRequest{ProrationTime: start}, "", nil, 0},
		{"from within the period on", nil, 700, &paymentsv1.ChangePlanRequest{ProrationTime: within}, "", nil, 0},
		{"from the next period on", nil, 700, &paymentsv1.ChangePlanRequest{ProrationTime: after}, "PREVIEW_STALE", nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sub := aSubscription()
			sub.CurrentPeriodStartTime, sub.CurrentPeriodEndTime = start, end
			if tt.sub != nil {
				tt.sub(sub)
			}
			if tt.req.GetExpectedAmountDue() != nil && tt.req.GetProrationTime() == nil {
				tt.req.ProrationTime = within
			}
			reads := &fakeSubscriptions{
				plans: []*paymentsv1.Plan{dearer()}, subscriptions: []*paymentsv1.Subscription{sub}, due: usd(tt.due),
			}
			writes := &fakeOnWriter{fakeWriter: fakeWriter{outcome: operation.Outcome{Resource: sub}}}
			tt.req.SubscriptionId, tt.req.Changes = "sub_1", upgrade()
			err := second(service.NewSubscriptions(writes, reads).ChangePlan(t.Context(), tt.req))
			if reasonOf(err) != tt.reason || (writes.writes == 1) != (tt.reason == "") {
				t.Errorf("got %v and %d writes, want %q", err, writes.writes, tt.reason)
			}
			if err != nil && !maps.Equal(apierr.From(err).Metadata, tt.metadata) {
				t.Errorf("it says %v, want %v", apierr.From(err).Metadata, tt.metadata)
			}
			if len(reads.previewed) != tt.previews {
				t.Fatalf("%d previews, want %d", len(reads.previewed), tt.previews)
			}
			for _, asked := range reads.previewed {
				want := &paymentsv1.PreviewPlanChangeRequest{
					SubscriptionId: "sub_1", Changes: upgrade(), ProrationTime: tt.req.GetProrationTime(),
				}
				if diff := cmp.Diff(want, asked, protocmp.Transform()); diff != "" {
					t.Errorf("another change was previewed (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// An amount that was expected belongs to a moment: with another one another amount would be charged. Nor is any moment
// ahead taken, at which there would be nothing left to pay for.
func TestChangePlanWantsItsMoment(t *testing.T) {
	now := time.Now()
	for name, req := range map[string]*paymentsv1.ChangePlanRequest{
		"none":  {ExpectedAmountDue: usd(700)},
		"ahead": {ProrationTime: timestamppb.New(now.Add(time.Hour))},
	} {
		sub := aSubscription()
		sub.CurrentPeriodStartTime = timestamppb.New(now.Add(-24 * time.Hour))
		sub.CurrentPeriodEndTime = timestamppb.New(now.Add(24 * time.Hour))
		req.SubscriptionId, req.Changes = "sub_1", upgrade()
		reads := &fakeSubscriptions{
			subscriptions: []*paymentsv1.Subscription{sub}, due: usd(700), prorationTime: timestamppb.New(now),
		}
		writes := &fakeOnWriter{fakeWriter: fakeWriter{outcome: operation.Outcome{Resource: sub}}}
		s := service.NewSubscriptions(writes, reads)
		refused(t, second(s.ChangePlan(t.Context(), req)), "proration_time")
		reads.prorationTime, req.ExpectedAmountDue = timestamppb.New(now.Add(time.Hour)), nil
		if err := second(s.ChangePlan(t.Context(), req)); err != nil {
			t.Errorf("%s, in another time: %v", name, err)
		}
	}
}

// A plan that can not be had is refused before what is scheduled is dropped, or a schedule is made.
func TestChangePlanLooksAtThePlansFirst(t *testing.T) {
	const atEnd = paymentsv1.ChangeTiming_CHANGE_TIMING_PERIOD_END
	scheduled := func(s *paymentsv1.Subscription) {
		s.ScheduledChange = &paymentsv1.ScheduledChange{ScheduleId: "sub_sched_1"}
	}
	archived, euros := dearer(), dearer()
	archived.Active, euros.CurrencyCode = false, "EUR"
	for _, tt := range []struct {
		name  string
		sub   func(*paymentsv1.Subscription)
		plans []*paymentsv1.Plan
		req   *paymentsv1.ChangePlanRequest
		field string
	}{
		{"none, at the end", nil, nil, &paymentsv1.ChangePlanRequest{Timing: atEnd, Changes: upgrade()}, "changes[0].plan_id"},
		{"archived", scheduled, []*paymentsv1.Plan{archived}, &paymentsv1.ChangePlanRequest{Changes: upgrade()}, "changes[0].plan_id"},
		{"another currency", scheduled, []*paymentsv1.Plan{euros}, &paymentsv1.ChangePlanRequest{Changes: upgrade()}, "changes[0].plan_id"},
		{"a new one", scheduled, nil, &paymentsv1.ChangePlanRequest{
			NewItems: []*paymentsv1.NewSubscriptionItem{{PlanId: "price_gold"}},
		}, "new_items[0].plan_id"},
		{"now, with nothing scheduled", nil, nil, &paymentsv1.ChangePlanRequest{Changes: upgrade()}, ""},
		{"one that it has, archived", func(s *paymentsv1.Subscription) {
			s.Items = []*paymentsv1.SubscriptionItem{{Plan: archived}}
		}, nil, &paymentsv1.ChangePlanRequest{Timing: atEnd, Changes: upgrade()}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sub := aSubscription()
			if tt.sub != nil {
				tt.sub(sub)
			}
			writes := &fakeOnWriter{fakeWriter: fakeWriter{outcome: operation.Outcome{Resource: sub}}}
			reads := &fakeSubscriptions{plans: tt.plans, subscriptions: []*paymentsv1.Subscription{sub}}
			tt.req.SubscriptionId = "sub_1"
			err := second(service.NewSubscriptions(writes, reads).ChangePlan(t.Context(), tt.req))
			if tt.field == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			refused(t, err, tt.field)
			if writes.writes != 0 {
				t.Error("it was written")
			}
		})
	}
}

// A key that has an answer is answered, whatever the subscription is by then.
func TestChangePlanOfAKnownKeyLooksAtNothing(t *testing.T) {
	writes := &fakeOnWriter{known: true, fakeWriter: fakeWriter{outcome: operation.Outcome{Resource: aSubscription()}}}
	reads := &fakeSubscriptions{err: errors.New("Stripe is down")}
	if err := second(service.NewSubscriptions(writes, reads).ChangePlan(t.Context(),
		&paymentsv1.ChangePlanRequest{SubscriptionId: "sub_1", Changes: upgrade()})); err != nil {
		t.Error(err)
	}
}

// What can not be previewed is not changed where the price matters.
func TestChangePlanPassesOnWhatThePreviewFailsWith(t *testing.T) {
	sub := aSubscription()
	sub.CurrentPeriodStartTime, sub.CurrentPeriodEndTime = start, end
	reads := &failingPreview{fakeSubscriptions{subscriptions: []*paymentsv1.Subscription{sub}}}
	writes := &fakeOnWriter{fakeWriter: fakeWriter{outcome: operation.Outcome{Resource: sub}}}
	s := service.NewSubscriptions(writes, reads)
	for name, err := range map[string]error{
		"ChangePlan": second(s.ChangePlan(t.Context(), &paymentsv1.ChangePlanRequest{
			SubscriptionId: "sub_1", Changes: upgrade(), ExpectedAmountDue: usd(700), ProrationTime: within,
		})),
		"PreviewPlanChange": second(s.PreviewPlanChange(t.Context(), &paymentsv1.PreviewPlanChangeRequest{
			SubscriptionId: "sub_1", Changes: upgrade(),
		})),
	} {
		refused(t, err, "changes[0].plan_id")
		if writes.writes != 0 {
			t.Errorf("%s was written", name)
		}
	}
}

// A preview says what is due, from when on, and whether the change would be refused as not secured.
func TestPreviewPlanChange(t *testing.T) {
	const atEnd = paymentsv1.ChangeTiming_CHANGE_TIMING_PERIOD_END
	for _, tt := range []struct {
		name       string
		kind       string
		timing     paymentsv1.ChangeTiming
		due        int64
		notSecured bool
	}{
		{"an upgrade by card", "card", 0, 700, false},
		{"an upgrade by debit", "us_bank_account", 0, 700, true},
		{"a downgrade by debit", "us_bank_account", 0, 0, false},
		{"an upgrade by debit at the end", "us_bank_account", atEnd, 700, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sub := aSubscription()
			sub.ChargedPaymentMethodType = tt.kind
			reads := &fakeSubscriptions{
				subscriptions: []*paymentsv1.Subscription{sub}, due: usd(tt.due), prorationTime: within,
			}
			got, err := service.NewSubscriptions(&fakeOnWriter{}, reads).PreviewPlanChange(t.Context(),
				&paymentsv1.PreviewPlanChangeRequest{SubscriptionId: "sub_1", Changes: upgrade(), Timing: tt.timing})
			if err != nil {
				t.Fatal(err)
			}
			want := &paymentsv1.PreviewPlanChangeResponse{
				Invoice: &paymentsv1.Invoice{AmountDue: usd(tt.due)}, AmountDue: usd(tt.due), ProrationTime: within,
				NotSecured: tt.notSecured,
			}
			if !proto.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}
