package stripegw_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/sandbox"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// TestM44_LostSubscriptionIsFound: a subscription is found by our pair among all of its customer's, whatever their state
// and time: one on a test clock was created in that clock's.
func TestM44_LostSubscriptionIsFound(t *testing.T) {
	made := subscriptionSample(t, noTimes(map[string]any{
		"id": "sub_7", "status": "incomplete", "metadata.tillgate_operation": operationID,
		"latest_invoice": openInvoice(t, "requires_action"),
	}))
	other := subscriptionSample(t, map[string]any{"id": "sub_8"})
	var asked []*http.Request
	g := newGateway(t, newStripe(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r)
		switch {
		case strings.HasSuffix(r.URL.Path, "/sub_7"):
			answer(200, encode(t, made))(w, r)
		case r.Form.Get("starting_after") == "":
			answer(200, page(t, true, other))(w, r)
		default:
			answer(200, page(t, false, made))(w, r)
		}
	}).URL)
	r, err := prepareOnly(g, leastCreateSubscription(), operationID)
	if err != nil {
		t.Fatal(err)
	}
	search := stripegw.Search{
		Method: createSubscription, Request: r, OperationID: operationID,
		From: time.Unix(10_000, 0), To: time.Unix(10_100, 0),
	}
	found, err := g.LookUp(t.Context(), search)
	if err != nil || !found.Found || found.Err != nil || found.Outcome.ClientSecret != "" {
		t.Fatalf("found %t, %v, %v", found.Found, found.Err, err)
	}
	if sub, ok := found.Outcome.Resource.(*paymentsv1.Subscription); !ok || sub.GetId() != "sub_7" {
		t.Errorf("found %v", found.Outcome.Resource)
	}
	checkEqual(t, pairs([]string{"customer=cus_1", "status=all", "limit=100"}), asked[0].Form)
	checkEqual(t, "sub_8", asked[1].Form.Get("starting_after"))
	said, err := g.ReadResult(t.Context(), search, "sub_7")
	if err != nil || !said.Found {
		t.Errorf("by a person's word: found %t, %v", said.Found, err)
	}
	search.OperationID = "op_other"
	if found, err := g.LookUp(t.Context(), search); err != nil || found.Found {
		t.Errorf("another operation found %v, %v", found.Outcome.Resource, err)
	}
	if _, err := g.ReadResult(t.Context(), search, "sub_7"); field(err) != "object_id" {
		t.Errorf("another operation's was taken: %v", err)
	}
}

// TestLookUpSubscriptionActions: what is done to a subscription is judged by it as it is now.
func TestLookUpSubscriptionActions(t *testing.T) {
	two := func(second string) map[string]any {
		return items(false, itemSample(t, "si_1", "price_3", 5), itemSample(t, "si_7", "price_4", 3),
			itemSample(t, "si_8", second, 1))
	}
	waiting := func(price string, quantity int) map[string]any {
		return map[string]any{"subscription_items": []any{itemSample(t, "si_1", price, quantity)}}
	}
	card := &paymentsv1.Subscription{DefaultPaymentMethodId: "pm_2"}
	for _, tt := range []struct {
		name, method string
		req          proto.Message
		on           *paymentsv1.Subscription
		now          map[string]any
		found        bool
	}{
		{"updated", updateSubscription, subscriptionUpdateOf(card), goldRead(), map[string]any{
			"default_payment_method": map[string]any{"id": "pm_2"},
		}, true},
		{"not updated", updateSubscription, subscriptionUpdateOf(card), goldRead(), nil, false},
		{
			"nothing to update", updateSubscription, subscriptionUpdateOf(&paymentsv1.Subscription{TrialEndTime: at(1702592000)}),
			goldRead(trialing), nil, true,
		},
		{
			"on trial no more", updateSubscription, subscriptionUpdateOf(&paymentsv1.Subscription{}, "trial_end_time"), goldRead(),
			map[string]any{"status": "active"},
			true,
		},
		{
			"still on trial", updateSubscription, subscriptionUpdateOf(&paymentsv1.Subscription{}, "trial_end_time"), goldRead(),
			map[string]any{"status": "trialing"},
			false,
		},
		{
			"on trial no more, but not updated", updateSubscription,
			subscriptionUpdateOf(card, "trial_end_time", "default_payment_method_id"), goldRead(), nil, false,
		},
		{
			"goes on", updateSubscription, subscriptionUpdateOf(&paymentsv1.Subscription{}, "cancel_time"), goldRead(), nil,
			true,
		},
		{
			"still ends", updateSubscription, subscriptionUpdateOf(&paymentsv1.Subscription{}, "cancel_time"), goldRead(),
			map[string]any{"cancel_at": 1700000000},
			false,
		},
		{"ends", cancelSubscription, cancelAtEnd(), goldRead(), map[string]any{"cancel_at_period_end": true}, true},
		{"does not end", cancelSubscription, cancelAtEnd(), goldRead(), nil, false},
		{"ended", cancelSubscription, cancelNow(), goldRead(), map[string]any{"status": "canceled"}, true},
		{"not ended", cancelSubscription, cancelNow(), goldRead(), nil, false},
		{"expired", cancelSubscription, cancelNow(), goldRead(), map[string]any{"status": "incomplete_expired"}, false},
		{"paused", pauseSubscription, fullPauseSubscription(), goldRead(), map[string]any{
			"pause_collection": map[string]any{"behavior": "mark_uncollectible", "resumes_at": 1950000000},
		}, true},
		{"paused otherwise", pauseSubscription, fullPauseSubscription(), goldRead(), map[string]any{
			"pause_collection": map[string]any{"behavior": "void", "resumes_at": 1950000000},
		}, false},
		{"collected", resumeSubscription, resume(), goldRead(pausedBy), nil, true},
		{"still paused", resumeSubscription, resume(), goldRead(pausedBy), map[string]any{
			"pause_collection": map[string]any{"behavior": "void"},
		}, false},
		{"resumed", resumeSubscription, resume(), goldRead(trialOver), map[string]any{"status": "active"}, true},
		{"not resumed", resumeSubscription, resume(), goldRead(trialOver), map[string]any{"status": "paused"}, false},
		{"changed", changePlan, fullChangePlan(), goldRead(twoItems), map[string]any{"items": two("price_5")}, true},
		{"changed otherwise", changePlan, fullChangePlan(), goldRead(twoItems), map[string]any{"items": two("price_6")}, false},
		{"not all removed", changePlan, fullChangePlan(), goldRead(twoItems), map[string]any{"items": items(
			false, itemSample(t, "si_1", "price_3", 5), itemSample(t, "si_2", "price_2", 1),
			itemSample(t, "si_7", "price_4", 3), itemSample(t, "si_8", "price_5", 1),
		)}, false},
		{"another quantity", changePlan, changeOf(0, dearer()), goldRead(), map[string]any{
			"items": items(false, itemSample(t, "si_1", "price_3", 1)),
		}, false},
		{"beside the old one", changePlan, changeOf(0, dearer()), goldRead(), map[string]any{
			"items": items(false, itemSample(t, "si_1", "price_1", 2), itemSample(t, "si_9", "price_3", 2)),
		}, false},
		{"waiting to be paid", changePlan, changeOf(0, dearer()), goldRead(), map[string]any{
			"pending_update": waiting("price_3", 2),
		}, true},
		{"another waiting", changePlan, changeOf(0, dearer()), goldRead(), map[string]any{
			"pending_update": waiting("price_9", 2),
		}, false},
		{"not changed", changePlan, changeOf(0, dearer()), goldRead(), map[string]any{
			"items": items(false, itemSample(t, "si_1", "price_1", 2)),
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := encode(t, subscriptionSample(t, noTimes(tt.now)))
			g := newGateway(t, newStripe(t, answer(200, body)).URL)
			steps, err := g.Prepare(tt.req, tt.on, operationID)
			if err != nil {
				t.Fatal(err)
			}
			search := stripegw.Search{Method: tt.method, Request: steps[0].Request, OperationID: operationID}
			found, err := g.LookUp(t.Context(), search)
			if err != nil || found.Found != tt.found || found.Err != nil {
				t.Errorf("found %t, %v, %v; want %t", found.Found, found.Err, err, tt.found)
			}
			if said, err := g.ReadResult(t.Context(), search, "sub_1"); err != nil || !said.Found {
				t.Errorf("by a person's word: %v", err)
			}
			for _, wrong := range []string{"sub_2", "sub_sched_1", "pi_1"} {
				if _, err := g.ReadResult(t.Context(), search, wrong); field(err) != "object_id" {
					t.Errorf("%s was taken: %v", wrong, err)
				}
			}
		})
	}
}

// TestLookUpSchedules: a schedule that was made is that of the subscription; what comes next is filled from it. One that
// was changed shows its phases, and the outcome is the subscription.
func TestLookUpSchedules(t *testing.T) {
	sub := subscriptionSample(t, noTimes(nil))
	schedule := twoPhases(t, map[string]any{"subscription": sub})
	stripe := newStripe(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v1/subscriptions/") {
			answer(200, encode(t, sub))(w, r)
			return
		}
		answer(200, encode(t, schedule))(w, r)
	})
	g := newGateway(t, stripe.URL)
	steps, err := g.Prepare(changeOf(later, &paymentsv1.ItemChange{PlanId: "price_2"}), goldRead(), operationID)
	if err != nil {
		t.Fatal(err)
	}
	search := stripegw.Search{Method: changePlan, Request: steps[0].Request, Next: steps[1:], OperationID: operationID}
	if found, err := g.LookUp(t.Context(), search); err != nil || found.Found {
		t.Errorf("no schedule was found: %v, %v", found.Outcome.Resource, err)
	}
	if _, err := g.ReadResult(t.Context(), search, "sub_1"); err != nil {
		t.Errorf("by a person's word: %v", err)
	}
	sub["schedule"] = "sub_sched_1"
	found, err := g.LookUp(t.Context(), search)
	if err != nil || !found.Found || len(found.Next) != 1 || len(found.Next[0].Fills) != 0 {
		t.Fatalf("found %t with %v, %v", found.Found, found.Next, err)
	}
	next := found.Next[0].Request
	form := query(t, next.Form)
	if next.Path != "/v1/subscription_schedules/sub_sched_1" || form.Get("phases[0][start_date]") != "1690000000" ||
		form.Get("phases[0][end_date]") != "1700000000" {
		t.Errorf("next is %s %s", next, next.Form)
	}

	search = stripegw.Search{Method: changePlan, Request: next, OperationID: operationID}
	found, err = g.LookUp(t.Context(), search)
	if err != nil || found.Found {
		t.Errorf("the phases stand, though they prorate: %v", found.Outcome.Resource)
	}
	schedule["phases"].([]any)[1].(map[string]any)["proration_behavior"] = "none"
	found, err = g.LookUp(t.Context(), search)
	if changed, ok := found.Outcome.Resource.(*paymentsv1.Subscription); err != nil || !found.Found || !ok ||
		changed.GetScheduledChange().GetItems()[0].GetPlan().GetId() != "price_2" {
		t.Errorf("found %t, %v, %v", found.Found, found.Outcome.Resource, err)
	}
	if said, err := g.ReadResult(t.Context(), search, "sub_1"); err != nil || !said.Found {
		t.Errorf("by a person's word: %v", err)
	}
	if _, err := g.ReadResult(t.Context(), search, "sub_sched_1"); field(err) != "object_id" {
		t.Errorf("the schedule was taken for the subscription: %v", err)
	}
	schedule["phases"] = append([]any{phase(1680000000, 1690000000, "price_9")}, schedule["phases"].([]any)...)
	if found, err = g.LookUp(t.Context(), search); err != nil || !found.Found {
		t.Errorf("behind a phase that is over: found %t, %v", found.Found, err)
	}
	schedule["phases"] = []any{phase(1690000000, 1700000000, "price_1")}
	if found, err = g.LookUp(t.Context(), search); err != nil || found.Found {
		t.Errorf("no phase was found: %v, %v", found.Outcome.Resource, err)
	}
}

// TestLookUpRelease: a schedule that has let go is out of the way, however that came.
func TestLookUpRelease(t *testing.T) {
	for status, want := range map[string]bool{
		"released": true, "canceled": true, "completed": true, "active": false, "not_started": false,
	} {
		body := encode(t, twoPhases(t, map[string]any{"status": status}))
		g := newGateway(t, newStripe(t, answer(200, body)).URL)
		for method, req := range map[string]proto.Message{
			cancelSubscription: cancelNow(), pauseSubscription: leastPause(), changePlan: changeOf(0, dearer()),
			updateSubscription: subscriptionUpdateOf(&paymentsv1.Subscription{}, "cancel_time"),
		} {
			steps, err := g.Prepare(req, goldRead(onSchedule), operationID)
			if err != nil {
				t.Fatal(err)
			}
			found, err := g.LookUp(t.Context(), stripegw.Search{
				Method: method, Request: steps[0].Request, Next: steps[1:], OperationID: operationID,
			})
			if err != nil || found.Found != want || want && len(found.Next) != 1 {
				t.Errorf("%s, %s: found %t with %v, %v; want %t", method, status, found.Found, found.Next, err, want)
			}
		}
	}
}

// TestM55_LostEndOfASubscription: the end of a subscription whose answer is lost is a success, and so is that of one that
// has ended before.
func TestM55_LostEndOfASubscription(t *testing.T) {
	b := newBench(t)
	jane, gold := b.paying(t, "jane", "tok_visa"), b.plan(t, "gold", 2000)
	for _, kind := range []sandbox.FaultKind{sandbox.FaultDropAfter, sandbox.FaultDropBefore, sandbox.FaultTruncate} {
		sub := b.subscribe(t, "sub_"+string(kind), jane, gold)
		r, err := b.gateway.Prepare(&paymentsv1.CancelSubscriptionRequest{
			SubscriptionId: sub.GetId(), When: &paymentsv1.CancelSubscriptionRequest_Now{Now: true},
		}, sub, operationID)
		if err != nil {
			t.Fatal(err)
		}
		s := sending(cancelSubscription, r[0].Request)
		b.breaks(t, sandbox.Fault{Kind: kind, Method: http.MethodDelete, Count: 1})
		got := b.gateway.Write(t.Context(), s)
		if done := kind != sandbox.FaultDropBefore; (got.Verdict == stripegw.Done) != done || done && got.Err != nil {
			t.Errorf("%s: %v, %v", kind, got.Verdict, got.Err)
		}
		s.Repeat = true
		again := b.gateway.Write(t.Context(), s)
		ended, ok := again.Outcome.Resource.(*paymentsv1.Subscription)
		if again.Err != nil || !ok || ended.GetState() != paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_CANCELED {
			t.Errorf("%s: again %v, %v", kind, again.Verdict, again.Err)
		}
	}
}
