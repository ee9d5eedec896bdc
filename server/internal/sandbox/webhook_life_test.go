package sandbox_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// bodies keeps what came, by event id.
type bodies struct {
	mu   sync.Mutex
	byID map[string][]byte
}

func (b *bodies) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	var named struct{ ID string }
	if err := json.Unmarshal(body, &named); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.byID[named.ID] = body
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
}

// While callers pay, refund and change things side by side, webhooks go out at the same time: each event comes, and as
// what GET /v1/events/{id} tells of it in the end, whatever has become of its object.
func TestT01_WebhooksWhileThingsChange(t *testing.T) {
	t.Parallel()
	a := api{Sandbox: sandbox.New(sandbox.Config{WebhooksAtOnce: 8})}
	a.AddEndpoint("http://receiver.test/hook")
	got := &bodies{byID: map[string][]byte{}}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	var delivering, calling sync.WaitGroup
	delivering.Go(func() { a.Deliver(ctx, &http.Client{Transport: got}) })
	calling.Go(func() { // alone, since some of the states move the clock
		for _, state := range states {
			id := state.reach(t, a)
			a.post(t, intentsPath+"/"+id, "metadata[k]=v&description=d")
			a.refund(t, id, "&amount=100")
			a.cancel(t, id, "")
		}
	})
	for range 3 {
		calling.Go(func() {
			for range 3 {
				cu := a.customer(t, fullCustomer)
				a.post(t, customersPath+"/"+cu, "metadata[k]=v&name=New")
				a.refund(t, a.pay(t, "pm_card_visa", "").text("id"), "")
				sub := a.subscribe(t, a.payer(t, "pm_card_visa", ""), "&metadata[k]=v")
				a.change(t, sub.text("id"), "metadata[k]=w&cancel_at_period_end=true")
				a.do(t, http.MethodDelete, customersPath+"/"+sub.text("customer"), "")
			}
		})
	}
	calling.Wait()
	for a.Undelivered() > 0 && ctx.Err() == nil {
		<-time.After(time.Millisecond)
	}
	stop()
	delivering.Wait()
	all := a.Events()
	for _, e := range all {
		var sent map[string]any
		if err := json.Unmarshal(got.byID[e.ID], &sent); err != nil {
			t.Fatalf("%s %s did not come: %v", e.Type, e.ID, err)
		}
		sent["pending_webhooks"] = 0.0
		if diff := cmp.Diff(a.get(t, eventsPath+"/"+e.ID, "").body, sent); diff != "" || e.Pending != 0 {
			t.Errorf("%s: %d to come; %s", e.Type, e.Pending, diff)
		}
	}
	if len(all) < 150 {
		t.Errorf("%d events were checked", len(all))
	}
}
