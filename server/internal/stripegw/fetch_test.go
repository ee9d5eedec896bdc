package stripegw_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// missingObject is how Stripe says that there is no such object.
const missingObject = `{"error":{"type":"invalid_request_error","code":"resource_missing","message":"` + canary + `"}}`

// TestFetchOfWhatIsGone: an object that Stripe has no more is RESOURCE_MISSING, and one that it can not tell of now is
// not taken for gone.
func TestFetchOfWhatIsGone(t *testing.T) {
	for kind := range eventKinds {
		for _, tt := range []struct {
			status int
			body   string
			want   paymentsv1.ErrorReason
		}{
			{http.StatusNotFound, missingObject, paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_MISSING},
			{
				http.StatusTooManyRequests, `{"error":{"type":"invalid_request_error","message":"` + canary + `"}}`,
				paymentsv1.ErrorReason_ERROR_REASON_RATE_LIMITED,
			},
			{http.StatusBadGateway, "<html>" + canary, paymentsv1.ErrorReason_ERROR_REASON_STRIPE_UNAVAILABLE},
			{http.StatusOK, `{"object":"` + canary, paymentsv1.ErrorReason_ERROR_REASON_STRIPE_UNAVAILABLE},
			{http.StatusOK, `{"object":"charge","id":"` + canary + `"}`, paymentsv1.ErrorReason_ERROR_REASON_STRIPE_UNAVAILABLE},
		} {
			t.Run(fmt.Sprint(kind, tt.status), func(t *testing.T) {
				g := newGateway(t, newStripe(t, answer(tt.status, tt.body)).URL)
				got, err := g.FetchObject(t.Context(), kind, "x_1")
				if err == nil {
					t.Fatalf("got %+v", got)
				}
				wantReason(t, err, tt.want)
				checkSilent(t, err)
			})
		}
	}
}

// TestFetchOfNoKind: what has no message is never asked for.
func TestFetchOfNoKind(t *testing.T) {
	stripe := newStripe(t, answer(http.StatusOK, "{}"))
	g := newGateway(t, stripe.URL)
	for _, tt := range [][2]string{{"charge", "ch_1"}, {"", "x_1"}, {"payment_intent", ""}} {
		_, err := g.FetchObject(t.Context(), tt[0], tt[1])
		wantReason(t, err, paymentsv1.ErrorReason_ERROR_REASON_INTERNAL)
	}
	_, _, err := g.ListObjects(t.Context(), "payment_method", "")
	wantReason(t, err, paymentsv1.ErrorReason_ERROR_REASON_INTERNAL)
	if stripe.arrivals() != 0 {
		t.Errorf("%d requests", stripe.arrivals())
	}
}

// TestFetchOfADeletedCustomer: what is left of it is no error, and its end.
func TestFetchOfADeletedCustomer(t *testing.T) {
	g := newGateway(t, "http://stripe.test", func(c *stripegw.Config) {
		c.Transport = inProcess(`{"id":"cus_1","object":"customer","deleted":true}`)
	})
	got, err := g.FetchObject(t.Context(), "customer", "cus_1")
	if err != nil || !got.Ended || !got.Message.(*paymentsv1.Customer).GetDeleted() {
		t.Errorf("got %+v, %v", got, err)
	}
}

// pages answers requests one after the other with these, and notes their queries.
func pages(t *testing.T, bodies ...string) (*stripegw.Gateway, func() []string) {
	t.Helper()
	stripe := newStripe(t, nil)
	stripe.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		stripe.mu.Lock()
		defer stripe.mu.Unlock()
		stripe.requests = append(stripe.requests, r)
		if n := len(stripe.requests); n <= len(bodies) {
			_, _ = w.Write([]byte(bodies[n-1]))
			return
		}
		answer(http.StatusNotFound, missingObject)(w, r)
	})
	return newGateway(t, stripe.URL), func() []string {
		stripe.mu.Lock()
		defer stripe.mu.Unlock()
		var urls []string
		for _, r := range stripe.requests {
			urls = append(urls, r.URL.Path+"?"+r.URL.Query().Encode())
		}
		return urls
	}
}

// rawPage is one page of a list.
func rawPage(more bool, items ...string) string {
	return fmt.Sprintf(`{"object":"list","url":"/v1/x","has_more":%t,"data":[%s]}`, more, strings.Join(items, ","))
}

func TestRefundsOfCharge(t *testing.T) {
	refund := func(id string) string { return encode(t, refundSample(t, map[string]any{"id": id})) }
	g, asked := pages(t, rawPage(true, refund("re_3"), refund("re_2")), rawPage(false, refund("re_1")))
	refunds, err := g.RefundsOfCharge(t.Context(), "ch_1")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range refunds {
		ids = append(ids, r.Kind+" "+r.ID)
	}
	if want := []string{"refund re_3", "refund re_2", "refund re_1"}; !slices.Equal(ids, want) {
		t.Errorf("got %v, want %v", ids, want)
	}
	want := []string{
		"/v1/refunds?charge=ch_1&limit=100", "/v1/refunds?charge=ch_1&limit=100&starting_after=re_2",
	}
	if got := asked(); !slices.Equal(got, want) {
		t.Errorf("asked %v, want %v", got, want)
	}
	g, _ = pages(t, rawPage(true, refund("re_3")))
	if refunds, err := g.RefundsOfCharge(t.Context(), "ch_1"); err == nil {
		t.Errorf("half of them are taken for all: %v", refunds)
	}
}

// TestListEvents: a page has the bodies as Stripe wrote them, the strange ones too; behind one without an id nobody can
// go on.
func TestListEvents(t *testing.T) {
	good := string(eventOf(t, "payout.paid", map[string]any{"object": "payout", "id": "po_1"}, nil))
	strange := `{"id":"evt_2","object":"event","created":5}`
	g, asked := pages(t, rawPage(true, good, strange), rawPage(false), rawPage(false, `{"object":"event"}`))
	events, more, err := g.ListEvents(t.Context(), 1700000000, "evt_9")
	if err != nil || !more || len(events) != 2 {
		t.Fatalf("got %v, %t, %v", events, more, err)
	}
	if e := events[0]; e.ID != "evt_1" || e.Created != 1700000000 || string(e.Body) != good {
		t.Errorf("got %+v", e)
	}
	if e := events[1]; e.ID != "evt_2" || e.Created != 5 || string(e.Body) != strange {
		t.Errorf("got %+v", e)
	}
	if events, more, err := g.ListEvents(t.Context(), 0, ""); err != nil || more || len(events) != 0 {
		t.Errorf("got %v, %t, %v", events, more, err)
	}
	_, _, err = g.ListEvents(t.Context(), 0, "")
	wantReason(t, err, paymentsv1.ErrorReason_ERROR_REASON_STRIPE_UNAVAILABLE)
	want := []string{
		"/v1/events?created%5Bgte%5D=1700000000&limit=100&starting_after=evt_9", "/v1/events?limit=100",
		"/v1/events?limit=100",
	}
	if got := asked(); !slices.Equal(got, want) {
		t.Errorf("asked %v, want %v", got, want)
	}
}

// TestListedObjectsAreWhole: what a page shows a part of is read by itself.
func TestListedObjectsAreWhole(t *testing.T) {
	sub := func(more bool) string {
		return encode(t, object(t, sample(t, "subscription"), map[string]any{
			"id": "sub_1", "items": items(more, itemSample(t, "si_1", "price_1", 1)),
		}))
	}
	rest := rawPage(false, encode(t, itemSample(t, "si_1", "price_1", 1)), encode(t, itemSample(t, "si_2", "price_2", 1)))
	g, asked := pages(t, rawPage(true, sub(true)), sub(true), rest)
	subscriptions, more, err := g.ListObjects(t.Context(), "subscription", "")
	if err != nil || !more || len(subscriptions) != 1 ||
		len(subscriptions[0].Message.(*paymentsv1.Subscription).GetItems()) != 2 {
		t.Errorf("got %v, %t, %v", subscriptions, more, err)
	}
	if first := asked()[0]; !strings.Contains(first, "status=all") {
		t.Errorf("asked %s, want those that are canceled too", first)
	}

	invoice := func(more bool) string {
		return encode(t, invoiceSample(t, map[string]any{"id": "in_1", "lines.has_more": more}))
	}
	line := encode(t, sampleLine(t))
	g, _ = pages(t, rawPage(false, invoice(true), invoice(true), invoice(false)), invoice(true), rawPage(false, line, line))
	invoices, _, err := g.ListObjects(t.Context(), "invoice", "")
	if err != nil || len(invoices) != 2 { // The second was deleted since.
		t.Fatalf("got %v, %v", invoices, err)
	}
	if lines := invoices[0].Message.(*paymentsv1.Invoice).GetLines(); len(lines) != 2 {
		t.Errorf("lines %v", lines)
	}
}

// sampleLine is a line of Stripe's invoice.
func sampleLine(t *testing.T) any {
	t.Helper()
	return invoiceSample(t, nil)["lines"].(map[string]any)["data"].([]any)[0]
}

// checkEventReads reads what events need from a Stripe that holds requests against its description.
func checkEventReads(t *testing.T, g *stripegw.Gateway) {
	t.Helper()
	for kind := range eventKinds {
		t.Run("FetchObject "+kind, func(t *testing.T) {
			if r, err := g.FetchObject(t.Context(), kind, "x_1"); err != nil || r.Kind != kind || r.ID == "" {
				t.Errorf("got %+v, %v\n%s", r, err, visible(err))
			}
		})
	}
	for _, kind := range stripegw.ListedKinds() {
		for _, after := range []string{"", "x_1"} {
			t.Run("ListObjects "+kind+after, func(t *testing.T) {
				if r, _, err := g.ListObjects(t.Context(), kind, after); err != nil || len(r) == 0 || r[0].Kind != kind {
					t.Errorf("got %+v, %v\n%s", r, err, visible(err))
				}
			})
		}
	}
	t.Run("RefundsOfCharge", func(t *testing.T) {
		if r, err := g.RefundsOfCharge(t.Context(), "ch_1"); err != nil || len(r) == 0 {
			t.Errorf("got %+v, %v\n%s", r, err, visible(err))
		}
	})
	for since, after := range map[int64]string{0: "", 1700000000: "evt_1"} {
		t.Run("ListEvents after "+after, func(t *testing.T) {
			if e, _, err := g.ListEvents(t.Context(), since, after); err != nil || len(e) == 0 || e[0].ID == "" {
				t.Errorf("got %+v, %v\n%s", e, err, visible(err))
			}
		})
	}
	t.Run("WebhookEndpoints", func(t *testing.T) {
		if e, err := g.WebhookEndpoints(t.Context()); err != nil || len(e) == 0 || e[0].ID == "" || e[0].URL == "" {
			t.Errorf("got %+v, %v\n%s", e, err, visible(err))
		}
	})
	t.Run("CreateWebhookEndpoint", func(t *testing.T) {
		// The request is taken. The sample has no secret, as in all answers but the first, and that is missed.
		e, err := g.CreateWebhookEndpoint(t.Context(), "https://example.com/webhooks/stripe")
		if !errors.Is(err, stripegw.ErrEndpointUncertain) || e.ID != "" {
			t.Errorf("got %v, %v", e, err)
		}
	})
	t.Run("DeleteWebhookEndpoint", func(t *testing.T) {
		if err := g.DeleteWebhookEndpoint(t.Context(), "we_1"); err != nil {
			t.Errorf("%v\n%s", err, visible(err))
		}
	})
}
