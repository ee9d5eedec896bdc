package sandbox_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const day = 24 * time.Hour

// What the end of a trial brings (docs.stripe.com/billing/subscriptions/trials).
func TestT01_TrialEnds(t *testing.T) {
	t.Parallel()
	const missing = "&trial_settings[end_behavior][missing_payment_method]="
	end := start.Add(10 * day)
	for _, tt := range []struct {
		name, method, more string
		want               map[string]any
		events             []string
	}{
		{
			"paid", "pm_card_visa", "",
			map[string]any{
				"status": "active", "latest_invoice.amount_paid": 2000, "latest_invoice.billing_reason": "subscription_cycle",
				"current_period_start": int(end.Unix()), "current_period_end": int(end.AddDate(0, 1, 0).Unix()),
			},
			[]string{
				"customer.subscription.trial_will_end", "invoice.created", "customer.subscription.updated", "invoice.finalized",
				"invoice.paid",
			},
		},
		{
			"without a method", "", "",
			map[string]any{"status": "past_due", "latest_invoice.status": "open"},
			[]string{
				"customer.subscription.trial_will_end", "invoice.created", "customer.subscription.updated", "invoice.finalized",
				"invoice.payment_failed", "customer.subscription.updated",
			},
		},
		{
			"without a method, to cancel", "", missing + "cancel",
			map[string]any{
				"status": "canceled", "ended_at": int(end.Unix()), "latest_invoice.amount_due": 0,
			},
			[]string{"customer.subscription.trial_will_end", "customer.subscription.deleted"},
		},
		{
			"without a method, to pause", "", missing + "pause",
			map[string]any{"status": "paused"},
			[]string{
				"customer.subscription.trial_will_end", "customer.subscription.updated", "customer.subscription.paused",
			},
		},
		{
			"to cancel, with a method", "pm_card_visa", missing + "cancel", map[string]any{"status": "active"}, nil,
		},
		{
			"sent", "", "&collection_method=send_invoice&days_until_due=3", map[string]any{
				"status": "active", "latest_invoice.status": "open", "latest_invoice.due_date": int(end.Add(3 * day).Unix()),
			}, nil,
		},
		{
			"ended with it", "pm_card_visa", "&cancel_at_period_end=true",
			map[string]any{"status": "canceled"},
			[]string{"customer.subscription.trial_will_end", "customer.subscription.deleted"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			cu, clock := a.subscriber(t, tt.method)
			sub := a.subscribe(t, cu, "&trial_period_days=10"+tt.more)
			sub.want(t, 200, map[string]any{"status": "trialing"})
			a.advance(t, clock, start.Add(6*day))
			before := len(a.eventTypes(t))
			a.advance(t, clock, end.Add(2*time.Hour))
			a.subscription(t, sub.text("id")).want(t, 200, tt.want)
			if diff := cmp.Diff(tt.events, a.billed(t, before)); tt.events != nil && diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A paused subscription runs on once what its resumption asks for is paid.
func TestT01_Resume(t *testing.T) {
	t.Parallel()
	paused := func(t *testing.T) (a api, cu, id, clock string) {
		t.Helper()
		a = newAPI()
		cu, clock = a.subscriber(t, "")
		id = a.subscribe(t, cu, "&trial_period_days=1&trial_settings[end_behavior][missing_payment_method]=pause").text("id")
		a.advance(t, clock, start.Add(5*day))
		a.subscription(t, id).want(t, 200, map[string]any{"status": "paused"})
		return a, cu, id, clock
	}
	t.Run("paid", func(t *testing.T) {
		t.Parallel()
		a, cu, id, clock := paused(t)
		a.switchMethod(t, cu, "pm_card_visa")
		before := len(a.eventTypes(t))
		a.post(t, subscriptionsPath+"/"+id+"/resume", "").want(t, 200, map[string]any{
			"status": "active", "current_period_start": int(start.Add(5 * day).Unix()),
			"billing_cycle_anchor": int(start.Add(5 * day).Unix()),
		})
		if diff := cmp.Diff([]string{
			"invoice.created", "invoice.finalized", "invoice.paid", "customer.subscription.updated",
			"customer.subscription.resumed",
		}, a.billed(t, before)); diff != "" {
			t.Error(diff)
		}
		a.post(t, subscriptionsPath+"/"+id+"/resume", "").want(t, 400, nil)
		a.advance(t, clock, start.Add(5*day).AddDate(0, 1, 0).Add(2*time.Hour))
		a.subscription(t, id).want(t, 200, map[string]any{"status": "active", "latest_invoice.amount_paid": 2000})
	})
	t.Run("in the old cycle", func(t *testing.T) {
		t.Parallel()
		a, cu, id, _ := paused(t)
		a.switchMethod(t, cu, "pm_card_visa")
		a.post(t, subscriptionsPath+"/"+id+"/resume", "billing_cycle_anchor=unchanged").want(t, 200, map[string]any{
			"status": "active", "current_period_start": int(start.Add(day).Unix()),
			"current_period_end": int(start.Add(day).AddDate(0, 1, 0).Unix()),
		})
	})
	t.Run("not paid in time", func(t *testing.T) {
		t.Parallel()
		a, cu, id, clock := paused(t)
		a.switchMethod(t, cu, "pm_card_chargeCustomerFail")
		a.post(t, subscriptionsPath+"/"+id+"/resume", "").want(t, 200, map[string]any{"status": "paused"})
		a.subscription(t, id).want(t, 200, map[string]any{"latest_invoice.status": "open"})
		a.post(t, subscriptionsPath+"/"+id+"/resume", "").want(t, 400, nil)
		a.advance(t, clock, start.Add(7*day))
		a.subscription(t, id).want(t, 200, map[string]any{"status": "paused", "latest_invoice.status": "void"})
		a.switchMethod(t, cu, "pm_card_visa")
		a.post(t, subscriptionsPath+"/"+id+"/resume", "").want(t, 200, map[string]any{"status": "active"})
	})
	t.Run("paid later", func(t *testing.T) {
		t.Parallel()
		a, cu, id, _ := paused(t)
		a.switchMethod(t, cu, "pm_card_chargeCustomerFail")
		a.post(t, subscriptionsPath+"/"+id+"/resume", "").want(t, 200, map[string]any{"status": "paused"})
		a.switchMethod(t, cu, "pm_card_visa")
		a.on(t, a.subscription(t, id).text("latest_invoice", "id"), "pay", "").want(t, 200, nil)
		a.subscription(t, id).want(t, 200, map[string]any{"status": "active"})
	})
}

// A pause of the collection changes no status: it decides what becomes of the invoices
// (docs.stripe.com/billing/subscriptions/pause-payment).
func TestT01_PauseCollection(t *testing.T) {
	t.Parallel()
	for behavior, status := range map[string]string{"keep_as_draft": "draft", "mark_uncollectible": "uncollectible", "void": "void"} {
		t.Run(behavior, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			cu, clock := a.subscriber(t, "pm_card_visa")
			id := a.subscribe(t, cu, "").text("id")
			resumes := start.AddDate(0, 1, 5)
			a.change(t, id, fmt.Sprintf("pause_collection[behavior]=%s&pause_collection[resumes_at]=%d", behavior, resumes.Unix())).
				want(t, 200, map[string]any{
					"status": "active", "pause_collection.behavior": behavior, "pause_collection.resumes_at": int(resumes.Unix()),
				})
			a.advance(t, clock, start.AddDate(0, 1, 0).Add(2*time.Hour))
			a.subscription(t, id).want(t, 200, map[string]any{"status": "active", "latest_invoice.status": status})
			a.advance(t, clock, resumes.Add(time.Minute))
			a.subscription(t, id).want(t, 200, map[string]any{"pause_collection": nil})
			a.advance(t, clock, start.AddDate(0, 2, 0).Add(2*time.Hour))
			a.subscription(t, id).want(t, 200, map[string]any{"status": "active", "latest_invoice.status": "paid"})
			var taken int64
			for _, entry := range a.Ledger() {
				taken += entry.Paid()
			}
			if taken != 4000 {
				t.Errorf("%d was taken, want 4000", taken)
			}
			a.change(t, id, "pause_collection[behavior]=void").want(t, 200, nil)
			a.change(t, id, "pause_collection=").want(t, 200, map[string]any{"pause_collection": nil})
		})
	}
}

// How a subscription ends, and what is undone before.
func TestT01_SubscriptionEnds(t *testing.T) {
	t.Parallel()
	running := func(t *testing.T, more string) (a api, id, clock string) {
		t.Helper()
		a = newAPI()
		cu, clock := a.subscriber(t, "pm_card_visa")
		id = a.subscribe(t, cu, more).text("id")
		return a, id, clock
	}
	renewal := start.AddDate(0, 1, 0)
	t.Run("with the period", func(t *testing.T) {
		t.Parallel()
		a, id, clock := running(t, "")
		a.change(t, id, "cancel_at_period_end=true&cancellation_details[feedback]=unused&cancellation_details[comment]=c").
			want(t, 200, map[string]any{
				"status": "active", "cancel_at": int(renewal.Unix()), "canceled_at": int(start.Unix()), "ended_at": nil,
				"cancellation_details.feedback": "unused", "cancellation_details.comment": "c",
				"cancellation_details.reason": "cancellation_requested",
			})
		before := len(a.eventTypes(t))
		a.advance(t, clock, renewal.Add(2*time.Hour))
		a.subscription(t, id).want(t, 200, map[string]any{
			"status": "canceled", "ended_at": int(renewal.Unix()), "latest_invoice.billing_reason": "subscription_create",
		})
		if diff := cmp.Diff([]string{"customer.subscription.deleted"}, a.billed(t, before)); diff != "" {
			t.Error(diff)
		}
		a.change(t, id, "metadata[k]=v&cancellation_details[comment]=d").want(t, 200, map[string]any{"metadata.k": "v"})
	})
	t.Run("undone", func(t *testing.T) {
		t.Parallel()
		a, id, clock := running(t, "&cancel_at_period_end=true")
		a.change(t, id, "cancel_at_period_end=false").want(t, 200, map[string]any{
			"cancel_at": nil, "canceled_at": nil, "cancel_at_period_end": false, "cancellation_details.reason": nil,
		})
		a.advance(t, clock, renewal.Add(2*time.Hour))
		a.subscription(t, id).want(t, 200, map[string]any{"status": "active", "latest_invoice.amount_paid": 2000})
	})
	t.Run("at a time within the period", func(t *testing.T) {
		t.Parallel()
		a, id, clock := running(t, "")
		at := start.Add(10 * day)
		a.change(t, id, fmt.Sprintf("cancel_at=%d&proration_behavior=none", at.Unix())).want(t, 200, map[string]any{
			"cancel_at": int(at.Unix()), "cancel_at_period_end": false, "current_period_end": int(at.Unix()),
		})
		a.change(t, id, "cancel_at=&proration_behavior=none").want(t, 200, map[string]any{
			"cancel_at": nil, "current_period_end": int(renewal.Unix()),
		})
		a.change(t, id, fmt.Sprintf("cancel_at=%d&proration_behavior=none", at.Unix())).want(t, 200, nil)
		a.advance(t, clock, at.Add(time.Hour))
		a.subscription(t, id).want(t, 200, map[string]any{"status": "canceled", "ended_at": int(at.Unix())})
	})
	t.Run("at a time in a later period", func(t *testing.T) {
		t.Parallel()
		a, id, clock := running(t, "")
		at := renewal.Add(15 * day) // of the 30 that the period from 14 April on has
		a.change(t, id, fmt.Sprintf("cancel_at=%d", at.Unix())).want(t, 200, map[string]any{"current_period_end": int(renewal.Unix())})
		a.advance(t, clock, renewal.Add(2*time.Hour))
		a.subscription(t, id).want(t, 200, map[string]any{
			"current_period_end": int(at.Unix()), "latest_invoice.amount_paid": 1000,
		})
		a.advance(t, clock, at.Add(time.Minute))
		a.subscription(t, id).want(t, 200, map[string]any{"status": "canceled"})
	})
	t.Run("now", func(t *testing.T) {
		t.Parallel()
		a, id, clock := running(t, "")
		a.advance(t, clock, renewal.Add(time.Minute)) // a draft waits
		a.do(t, http.MethodDelete, subscriptionsPath+"/"+id, "").want(t, 200, map[string]any{
			"status": "canceled", "canceled_at": int(renewal.Add(time.Minute).Unix()),
		})
		a.subscription(t, id).want(t, 200, map[string]any{"latest_invoice.auto_advance": false})
		a.advance(t, clock, renewal.AddDate(0, 1, 0))
		a.subscription(t, id).want(t, 200, map[string]any{"latest_invoice.status": "draft"})
		a.do(t, http.MethodDelete, subscriptionsPath+"/"+id, "").want(t, 404, map[string]any{"error.code": "resource_missing"})
	})
	t.Run("now, with what is left given back", func(t *testing.T) {
		t.Parallel()
		a, id, clock := running(t, "")
		a.advance(t, clock, start.Add(15*day+12*time.Hour)) // half of March's 31 days
		got := a.do(t, http.MethodDelete, subscriptionsPath+"/"+id, "prorate=true&invoice_now=true")
		got.want(t, 200, map[string]any{"status": "canceled"})
		a.subscription(t, id).want(t, 200, map[string]any{"latest_invoice.total": -1000, "latest_invoice.status": "paid"})
		a.get(t, customersPath+"/"+got.text("customer"), "").want(t, 200, map[string]any{"balance": -1000})
	})
}

// An invoice that is sent makes its subscription past due at its date, and active again when it is paid.
func TestT01_SentInvoices(t *testing.T) {
	t.Parallel()
	a := newAPI()
	cu, clock := a.subscriber(t, "")
	id := a.subscribe(t, cu, "&collection_method=send_invoice&days_until_due=5").text("id")
	a.advance(t, clock, start.Add(2*time.Hour))
	a.subscription(t, id).want(t, 200, map[string]any{"status": "active", "latest_invoice.status": "open"})
	a.advance(t, clock, start.Add(5*day+time.Hour))
	a.subscription(t, id).want(t, 200, map[string]any{"status": "past_due"})
	a.on(t, a.subscription(t, id).text("latest_invoice", "id"), "pay", "paid_out_of_band=true").want(t, 200, nil)
	a.subscription(t, id).want(t, 200, map[string]any{"status": "active"})
	if !slices.Contains(a.eventTypes(t), "invoice.sent") {
		t.Error("no invoice was sent")
	}
}
