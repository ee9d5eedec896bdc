package stripegw

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"strconv"
	"strings"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/subscription"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// allStatuses asks Stripe for subscriptions in any state.
const allStatuses = "all"

// sentPhases is how many phases a change at the period's end sends: the current one, and the one after it.
const sentPhases = 2

// listCreatedSubscriptions is GET /v1/subscriptions, whatever their time: one on a test clock was created in the time of
// that clock. A customer has 500 at most that live.
func listCreatedSubscriptions(r *recorder, form url.Values, params stripe.ListParams) error {
	params.Filters = stripe.Filters{}
	return subscription.Client{B: r}.List(&stripe.SubscriptionListParams{
		ListParams: params, Customer: given(form.Get("customer")), Status: new(allStatuses),
	}).Err()
}

// without is the form without these parameters, which the object does not show.
func without(form url.Values, params ...string) url.Values {
	rest := maps.Clone(form)
	for _, param := range params {
		rest.Del(param)
	}
	return rest
}

// compares is whether anything is left of a form that an object can be compared with.
func compares(form url.Values) bool {
	for param := range form {
		if !strings.HasPrefix(param, "expand[") {
			return true
		}
	}
	return false
}

// subscriptionUpdated is for an update: what was sent stands. That a trial was to end now shows in the state alone, and
// an update that sent nothing has nothing to show.
func subscriptionUpdated(form url.Values, body []byte) bool {
	object, err := decodeSubscriptionObject(body)
	if err != nil || form.Get("trial_end") == "now" && object.Status == "trialing" {
		return false
	}
	if form.Get("trial_end") == "now" {
		form = without(form, "trial_end")
	}
	return !compares(form) || stands(form, body)
}

// planChanged is for a change now: each item that was sent stands among the items, or among those that wait for their
// payment.
func planChanged(form url.Values, body []byte) bool {
	object, err := decodeSubscriptionObject(body)
	if err != nil {
		return false
	}
	if object.PendingUpdate != nil && itemsStand(form, object.PendingUpdate.SubscriptionItems) {
		return true
	}
	return itemsStand(form, object.Items.Data) && !object.Items.HasMore
}

// itemsStand is whether items are what was sent for them.
func itemsStand(form url.Values, items []subscriptionItemObject) bool {
	sent := 0
	for ; ; sent++ {
		value := func(name string) string { return form.Get("items[" + strconv.Itoa(sent) + "][" + name + "]") }
		id, price := value("id"), value("price")
		if id == "" && price == "" {
			return sent > 0
		}
		found := false
		for _, item := range items {
			if id != "" && item.ID != id {
				continue
			}
			quantity := value("quantity")
			same := item.Price.ID == price && (quantity == "" || quantity == strconv.FormatInt(item.Quantity, 10))
			found = found || same || value("deleted") == "true"
		}
		if found == (value("deleted") == "true") {
			return false
		}
	}
}

// phasesStand is for a change at the period's end: the last phases of the schedule are those that were sent. Phases that
// are over may stand before them. How long a phase is shows in its times alone.
func phasesStand(form url.Values, body []byte) bool {
	var object map[string]any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if decoder.Decode(&object) != nil {
		return false
	}
	if phases, ok := object["phases"].([]any); ok && len(phases) > sentPhases {
		object["phases"] = phases[len(phases)-sentPhases:]
	}
	last, err := json.Marshal(object)
	return err == nil && stands(without(form, "phases[1][iterations]"), last)
}

// scheduled is the rule of a schedule that was made of a subscription: that has one now. It had none when it was read.
func scheduled(ctx context.Context, g *Gateway, w write, s Search) (Finding, error) {
	form, err := url.ParseQuery(s.Request.Form)
	id := form.Get("from_subscription")
	if err != nil || id == "" {
		return Finding{}, internal(errRequest)
	}
	subject := apierr.Subject{Type: subscriptionSubject, ID: id}
	answer, err := g.exchange(ctx, getSubscriptionRequest(id), subject)
	found := Finding{StripeRequestIDs: named(nil, answer)}
	if err != nil {
		return missingIsNothing(found, err)
	}
	var managed struct {
		Schedule json.RawMessage `json:"schedule"`
	}
	_ = json.Unmarshal(answer.Body, &managed)
	schedule := reference(managed.Schedule)
	if schedule == "" {
		return found, nil
	}
	answer, err = g.exchange(ctx, w.object.get(schedule), apierr.Subject{Type: scheduleSubject, ID: schedule})
	found.StripeRequestIDs = named(found.StripeRequestIDs, answer)
	if err != nil {
		return missingIsNothing(found, err)
	}
	outcome, err := w.object.resource(ctx, g, answer)
	if err != nil {
		return found, err
	}
	found.Found, found.Outcome, found.answer = true, outcome, answer
	return found, nil
}

// missingIsNothing is for an object that a look-up does not find: it shows nothing, and is no failure either.
func missingIsNothing(found Finding, err error) (Finding, error) {
	if apierr.From(err).Reason == paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_MISSING {
		return found, nil
	}
	return found, err
}
