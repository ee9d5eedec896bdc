package stripegw_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// subscriptionRead is what GetSubscription makes of an answer.
func subscriptionRead(t *testing.T, body string) (*paymentsv1.Subscription, error) {
	t.Helper()
	g := newGateway(t, "http://stripe.test", func(c *stripegw.Config) { c.Transport = inProcess(body) })
	return g.GetSubscription(t.Context(), "sub_1")
}

// openInvoice is the latest invoice, with its payment in a state.
func openInvoice(t *testing.T, state string) map[string]any {
	t.Helper()
	return invoiceSample(t, map[string]any{
		"id": "in_1", "status": "open", "amount_due": 2000, "subscription": "sub_1",
		"payment_intent": paymentSample(t, map[string]any{
			"id": "pi_1", "status": state, "client_secret": canary, "canceled_at": nil,
		}),
	})
}

// paying is a customer with a default, expanded as we ask for it.
func paying(kind string) map[string]any {
	return map[string]any{
		"id": "cus_1", "object": "customer", "email": canary, "default_source": "card_1",
		"invoice_settings": map[string]any{"default_payment_method": map[string]any{"id": "pm_9", "type": kind}},
	}
}

// itemSample is an item of Stripe's.
func itemSample(t *testing.T, id, price string, quantity int) map[string]any {
	t.Helper()
	return map[string]any{
		"object": "subscription_item", "id": id, "quantity": quantity, "metadata": map[string]any{"x": canary},
		"price": priceSample(t, map[string]any{"id": price, "product": "prod_1"}),
	}
}

func items(more bool, items ...any) map[string]any {
	return map[string]any{"object": "list", "has_more": more, "data": items, "url": "/v1/subscription_items"}
}

// phase is one of a schedule's.
func phase(start, end int, price string) map[string]any {
	return map[string]any{
		"start_date": start, "end_date": end,
		"items": []any{map[string]any{"price": price, "quantity": 2, "metadata": map[string]any{"x": canary}}},
	}
}

// twoPhases is a schedule that is to change the plan at 1700000000.
func twoPhases(t *testing.T, changes map[string]any) map[string]any {
	t.Helper()
	all := map[string]any{
		"id": "sub_sched_1", "status": "active", "subscription": "sub_1",
		"current_phase": map[string]any{"start_date": 1690000000, "end_date": 1700000000},
		"phases":        []any{phase(1690000000, 1700000000, "price_1"), phase(1700000000, 1710000000, "price_2")},
	}
	maps.Copy(all, changes)
	return scheduleSample(t, all)
}

// noTimes unsets the times that Stripe's sample has without a meaning.
func noTimes(changes map[string]any) map[string]any {
	all := map[string]any{
		"id": "sub_1", "cancel_at": nil, "canceled_at": nil, "ended_at": nil, "trial_start": nil, "trial_end": nil,
	}
	maps.Copy(all, changes)
	return all
}

// TestSubscriptionGolden: an object of Stripe's on the left, our message in testdata on the right.
func TestSubscriptionGolden(t *testing.T) {
	for name, changes := range map[string]map[string]any{
		"subscription_sample": {},
		"subscription_full": noTimes(map[string]any{
			"customer": paying("card"), "default_payment_method": map[string]any{"id": "pm_1", "type": "us_bank_account"},
			"latest_invoice": openInvoice(t, "processing"), "description": "Gold for Jane", "cancel_at": 1700000000,
			"canceled_at": 1690000000, "cancel_at_period_end": true, "test_clock": "clock_1",
			"items":                items(false, itemSample(t, "si_1", "price_1", 2), itemSample(t, "si_2", "price_2", 0)),
			"metadata":             map[string]any{"seat": "7", "tillgate_operation": operationID},
			"cancellation_details": map[string]any{"comment": canary},
		}),
		"subscription_unexpanded": noTimes(map[string]any{
			"customer": "cus_1", "default_payment_method": "pm_1", "latest_invoice": "in_1", "schedule": "sub_sched_1",
			"pending_setup_intent": "seti_1",
		}),
		"subscription_of_the_customers_default": noTimes(map[string]any{"customer": paying("link")}),
		"subscription_of_a_source":              noTimes(map[string]any{"customer": paying("card"), "default_source": "src_1"}),
		"subscription_of_a_deleted_customer": noTimes(map[string]any{
			"status": "canceled", "ended_at": 1690000000, "canceled_at": 1690000000,
			"customer": map[string]any{"id": "cus_1", "object": "customer", "deleted": true},
		}),
		"subscription_pending": noTimes(map[string]any{
			"latest_invoice": openInvoice(t, "requires_payment_method"),
			"pending_update": map[string]any{"expires_at": 1700000000, "subscription_items": []any{
				itemSample(t, "si_1", "price_2", 2),
			}},
		}),
		"subscription_scheduled": noTimes(map[string]any{"schedule": twoPhases(t, nil)}),
		"subscription_in_the_last_phase": noTimes(map[string]any{"schedule": twoPhases(t, map[string]any{
			"current_phase": map[string]any{"start_date": 1700000000, "end_date": 1710000000},
		})}),
		"subscription_released": noTimes(map[string]any{"schedule": twoPhases(t, map[string]any{"status": "released"})}),
		"subscription_trialing": noTimes(map[string]any{
			"status": "trialing", "trial_start": 1690000000, "trial_end": 1700000000,
			"trial_settings.end_behavior.missing_payment_method": "pause",
			"pending_setup_intent":                               setupSample(t, map[string]any{"id": "seti_1", "client_secret": canary}),
		}),
		"subscription_paused": noTimes(map[string]any{
			"pause_collection":  map[string]any{"behavior": "keep_as_draft", "resumes_at": 1700000000},
			"collection_method": "send_invoice", "days_until_due": 30,
		}),
		"subscription_unknown_values": noTimes(map[string]any{
			"status": "dreaming", "collection_method": "barter",
			"pause_collection": map[string]any{"behavior": "shred"},
			"trial_settings.end_behavior.missing_payment_method": "shrug",
		}),
	} {
		t.Run(name, func(t *testing.T) {
			message, err := subscriptionRead(t, encode(t, subscriptionSample(t, changes)))
			if err != nil {
				t.Fatal(err)
			}
			checkGolden(t, name, message)
		})
	}
}

// TestSubscriptionOfOtherTypes is TestCustomerOfOtherTypes for a subscription, and for a schedule around one.
func TestSubscriptionOfOtherTypes(t *testing.T) {
	object := subscriptionSample(t, noTimes(map[string]any{
		"customer": paying("card"), "latest_invoice": openInvoice(t, "processing"), "schedule": twoPhases(t, nil),
		"pending_update": map[string]any{"subscription_items": []any{itemSample(t, "si_1", "price_2", 2)}},
	}))
	others := []any{"text", 12345, 1.5, true, []any{1}, map[string]any{"a": "b"}, nil}
	for key, original := range object {
		for _, other := range others {
			object[key] = other
			message, err := subscriptionRead(t, encode(t, object))
			switch {
			case key == "object" || key == "id" || key == "status": // a text that is no known id or state is one all the same
			case err != nil:
				t.Errorf("%s = %v: %v", key, other, err)
			case message.GetId() != "sub_1":
				t.Errorf("%s = %v: the id is lost", key, other)
			}
		}
		object[key] = original
	}
	schedule := twoPhases(t, map[string]any{"subscription": object})
	for key, original := range schedule {
		for _, other := range others {
			schedule[key] = other
			got := laterChange(t, encode(t, schedule))
			switch subscription, ok := got.Outcome.Resource.(*paymentsv1.Subscription); {
			case key == "object" || key == "id" || key == "subscription":
			case got.Err != nil || !ok || subscription.GetId() != "sub_1":
				t.Errorf("%s = %v: %v", key, other, got.Err)
			}
		}
		schedule[key] = original
	}
}

// laterChange is what a change at the period's end makes of an answer.
func laterChange(t *testing.T, body string) stripegw.Result {
	t.Helper()
	g := newGateway(t, "http://stripe.test", func(c *stripegw.Config) { c.Transport = inProcess(body) })
	steps, err := g.Prepare(changeOf(later, dearer()), goldRead(onSchedule), operationID)
	if err != nil {
		t.Fatal(err)
	}
	s := sending(changePlan, onItsSchedule(steps[len(steps)-1].Request))
	s.MaxSends = 1
	return g.Write(t.Context(), s)
}

// onItsSchedule is the last step of a change, once the step before it has made the schedule.
func onItsSchedule(r stripegw.Request) stripegw.Request {
	r.Path = strings.Replace(r.Path, stripegw.PathFill, "sub_sched_1", 1)
	return r
}

// TestSubscriptionInItsSchedule: the answer of a change at the period's end is the schedule, and its outcome the
// subscription with the change.
func TestSubscriptionInItsSchedule(t *testing.T) {
	object := subscriptionSample(t, noTimes(map[string]any{
		"latest_invoice": openInvoice(t, "requires_action"), "schedule": "sub_sched_1",
	}))
	got := laterChange(t, encode(t, twoPhases(t, map[string]any{"subscription": object})))
	subscription, ok := got.Outcome.Resource.(*paymentsv1.Subscription)
	if got.Err != nil || !ok {
		t.Fatalf("%v, %v", got.Outcome.Resource, got.Err)
	}
	want := &paymentsv1.ScheduledChange{
		ScheduleId: "sub_sched_1", ApplyTime: subscription.GetScheduledChange().GetApplyTime(),
		Items: []*paymentsv1.SubscriptionItem{itemOf("", "price_2", 2)},
	}
	if !proto.Equal(subscription.GetScheduledChange(), want) || want.GetApplyTime().GetSeconds() != 1700000000 {
		t.Errorf("the change is %v, want %v", subscription.GetScheduledChange(), want)
	}
	if got.Outcome.ClientSecret != canary {
		t.Error("the secret of the latest invoice's payment is missing")
	}
	for name, body := range map[string]string{
		"no subscription": encode(t, twoPhases(t, nil)), "no schedule": `{"object":"charge","id":"x"}`, "HTML": "<html>",
	} {
		if got := laterChange(t, body); got.Verdict != stripegw.Uncertain {
			t.Errorf("%s: %v", name, got.Verdict)
		}
	}
}

// TestSubscriptionUnreadable: a read can be asked again, and nothing of the body is told.
func TestSubscriptionUnreadable(t *testing.T) {
	for name, body := range map[string]string{
		"empty": "", "HTML": "<html>" + canary, "a list": "[]", "an empty object": "{}",
		"no id":     `{"object":"subscription","status":"active"}`,
		"no status": `{"object":"subscription","id":"sub_1"}`,
		"truncated": `{"object":"subscription","id":"sub_1","status":"active","description":"` + canary,
	} {
		_, err := subscriptionRead(t, body)
		if err == nil {
			t.Errorf("%s was read", name)
			continue
		}
		wantReason(t, err, unavailable)
		checkSilent(t, err)
	}
}

// TestSubscriptionMissing: the subject of a read that does not exist is named.
func TestSubscriptionMissing(t *testing.T) {
	for _, param := range []string{"id", "subscription", ""} {
		body := encode(t, map[string]any{"error": map[string]any{
			"type": "invalid_request_error", "code": "resource_missing", "param": param, "message": canary,
		}})
		_, err := newGateway(t, newStripe(t, answer(404, body)).URL).GetSubscription(t.Context(), "sub_1")
		wantReason(t, err, resourceMissing)
		if !strings.Contains(visible(err), `"subscription"`) {
			t.Errorf("the subscription is not named:\n%s", visible(err))
		}
		checkSilent(t, err)
	}
}

// TestSubscriptionSecret: the secret is that of the latest invoice's payment while it needs it, or else of the setup
// intent that saves a method.
func TestSubscriptionSecret(t *testing.T) {
	setup := func(state string) map[string]any {
		return setupSample(t, map[string]any{"status": state, "client_secret": "seti_secret"})
	}
	for _, tt := range []struct {
		name           string
		invoice, setup any
		want           string
	}{
		{"to pay", openInvoice(t, "requires_payment_method"), setup("requires_action"), canary},
		{"to confirm", openInvoice(t, "requires_confirmation"), nil, canary},
		{"to authenticate", openInvoice(t, "requires_action"), nil, canary},
		{"being paid", openInvoice(t, "processing"), nil, ""},
		{"paid", openInvoice(t, "succeeded"), setup("requires_payment_method"), "seti_secret"},
		{"on trial", nil, setup("requires_action"), "seti_secret"},
		{"saved", nil, setup("succeeded"), ""},
		{"unexpanded", "in_1", "seti_1", ""},
		{"neither", nil, nil, ""},
	} {
		body := encode(t, subscriptionSample(t, noTimes(map[string]any{
			"latest_invoice": tt.invoice, "pending_setup_intent": tt.setup,
		})))
		g := newGateway(t, newStripe(t, answer(200, body)).URL)
		r, err := prepareOnly(g, leastCreateSubscription(), operationID)
		if err != nil {
			t.Fatal(err)
		}
		outcome, err := writeOnce(t.Context(), g, createSubscription, r)
		if err != nil || outcome.ClientSecret != tt.want {
			t.Errorf("%s: secret %q, %v; want %q", tt.name, outcome.ClientSecret, err, tt.want)
		}
		if strings.Contains(protoText(outcome.Resource), "secret") {
			t.Errorf("%s: the message holds the secret", tt.name)
		}
	}
}

// TestSubscriptionReadsAllItems: what a change names of the items that stand must be all of them.
func TestSubscriptionReadsAllItems(t *testing.T) {
	const listed = "/v1/subscription_items"
	first := subscriptionSample(t, noTimes(map[string]any{"items": items(true, itemSample(t, "si_1", "price_1", 2))}))
	second := items(false, itemSample(t, "si_1", "price_1", 2), itemSample(t, "si_2", "price_2", 1))
	var asked *http.Request
	status := 200
	stripe := newStripe(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == listed {
			asked = r
			answer(status, encode(t, second))(w, r)
			return
		}
		answer(200, encode(t, first))(w, r)
	})
	g := newGateway(t, stripe.URL)
	got, err := g.GetSubscription(t.Context(), "sub_1")
	if err != nil || len(got.GetItems()) != 2 || got.GetItems()[1].GetId() != "si_2" {
		t.Errorf("got %v, %v", got.GetItems(), err)
	}
	if asked.Form.Get("subscription") != "sub_1" || asked.Form.Get("limit") != "100" {
		t.Errorf("asked for %v", asked.Form)
	}
	for name, broken := range map[string]map[string]any{
		"still more": items(true, itemSample(t, "si_1", "price_1", 2)), "no item": items(false, map[string]any{"id": "x"}),
	} {
		second = broken
		if _, err := g.GetSubscription(t.Context(), "sub_1"); err == nil {
			t.Errorf("%s was taken for all", name)
		}
	}
	status = 500
	_, err = g.GetSubscription(t.Context(), "sub_1")
	wantReason(t, err, unavailable)
}

// TestSubscriptionPages: what Stripe is asked for a page, and what it refuses of one.
func TestSubscriptionPages(t *testing.T) {
	full := &paymentsv1.ListSubscriptionsRequest{
		CustomerId: "cus_1", PlanId: "price_1", State: paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_PAST_DUE,
		StartTime: at(1700000000), EndTime: at(1800000000),
	}
	listed := make([]string, 0, len(expanded))
	for _, expand := range expanded {
		name, path, _ := strings.Cut(expand, "=")
		listed = append(listed, name+"=data."+path)
	}
	for _, tt := range []struct {
		name, after string
		req         *paymentsv1.ListSubscriptionsRequest
		want        []string
	}{
		{"least", "", &paymentsv1.ListSubscriptionsRequest{}, nil},
		{"canceled ones too", "sub_9", &paymentsv1.ListSubscriptionsRequest{IncludeCanceled: true}, []string{
			"starting_after=sub_9", "status=all",
		}},
		{"full", "", full, []string{
			"customer=cus_1", "price=price_1", "status=past_due", "created[gte]=1700000000", "created[lt]=1800000000",
		}},
	} {
		var got *http.Request
		g := newGateway(t, newStripe(t, func(w http.ResponseWriter, r *http.Request) {
			got = r
			answer(200, page(t, true, subscriptionSample(t, nil)))(w, r)
		}).URL)
		list, more, err := g.SubscriptionPage(t.Context(), tt.req, tt.after, 20)
		if err != nil || !more || len(list) != 1 {
			t.Errorf("%s: %v, %t, %v", tt.name, list, more, err)
		}
		checkEqual(t, pairs(append(append(listed, "limit=20"), tt.want...)), got.Form)
	}
	for param, want := range map[string]string{
		"customer": "customer_id", "price": "plan_id", "status": "state", "created[lt]": "end_time",
		"starting_after": "page_token",
	} {
		body := encode(t, map[string]any{"error": map[string]any{
			"type": "invalid_request_error", "code": "resource_missing", "param": param,
		}})
		g := newGateway(t, newStripe(t, answer(400, body)).URL)
		if _, _, err := g.SubscriptionPage(t.Context(), full, "", 20); field(err) != want {
			t.Errorf("%s: field %q, want %q", param, field(err), want)
		}
	}
	_, _, err := newGateway(t, "http://127.0.0.1:1").SubscriptionPage(
		t.Context(), &paymentsv1.ListSubscriptionsRequest{State: 99}, "", 20)
	if field(err) != "state" {
		t.Errorf("an unknown state: %v", err)
	}
}
