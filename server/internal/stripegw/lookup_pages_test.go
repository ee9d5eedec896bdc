package stripegw_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// archive is a Stripe with so many payments, the newest first, of which the one at place ours, counted from 0, is ours.
type archive struct {
	*fakeStripe

	payments, ours int
	queries        []string
}

func newArchive(t *testing.T, payments, ours int) *archive {
	t.Helper()
	a := &archive{payments: payments, ours: ours}
	a.fakeStripe = newStripe(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Request-Id", fmt.Sprintf("req_%d", a.arrivals()))
		if id, ok := strings.CutPrefix(r.URL.Path, "/v1/payment_intents/"); ok {
			_, _ = fmt.Fprint(w, strings.Replace(smallPayment, "pi_1", id, 1))
			return
		}
		a.queries = append(a.queries, r.URL.RawQuery)
		from := 0
		if !strings.Contains(r.URL.RawQuery, "lte%5D=10221") { // The time of the first send has the oldest of them.
			from = max(a.payments-likely, 0)
		}
		if after := r.URL.Query().Get("starting_after"); after != "" {
			place, _ := strconv.Atoi(strings.TrimPrefix(after, "pi_"))
			from = place + 1
		}
		items := []any{}
		for place := from; place < min(from+100, a.payments); place++ {
			items = append(items, map[string]any{"id": fmt.Sprintf("pi_%d", place), "metadata": a.metadata(place)})
		}
		_, _ = fmt.Fprint(w, page(t, from+100 < a.payments, items...))
	})
	return a
}

func (a *archive) metadata(place int) map[string]any {
	if place == a.ours {
		return map[string]any{"tillgate_operation": operationID, "order": "1001"}
	}
	return map[string]any{"tillgate_operation": operationID + strconv.Itoa(place)}
}

// createSearch is what is asked about a create that was sent at a known time.
func createSearch(t *testing.T, g *stripegw.Gateway, req *paymentsv1.CreatePaymentRequest) stripegw.Search {
	t.Helper()
	return stripegw.Search{
		Method: createPayment, Request: prepare(t, g, req), OperationID: operationID,
		From: time.Unix(10_000, 999), To: time.Unix(10_100, 999),
	}
}

// likely is how much was made about the time of the first send.
const likely = 2000

// TestLookUpPages: all that Stripe has is looked through, up to 1000 objects, and in a busy account then what was made
// about the first send; beyond, the look-up says that it could not see everything.
func TestLookUpPages(t *testing.T) {
	for _, tt := range []struct {
		name                  string
		payments, ours, pages int
		found, fails          bool
	}{
		{"nothing", 0, -1, 1, false, false},
		{"the newest", 250, 0, 1, true, false},
		{"on the second page", 250, 100, 2, true, false},
		{"the oldest", 250, 249, 3, true, false},
		{"none of them", 250, -1, 3, false, false},
		{"the oldest of all that is read", 1000, 999, 10, true, false},
		{"none of all that is read", 1000, -1, 10, false, false},
		{"behind it, of the first send", 20_000, 19_999, 30, true, false},
		{"behind it, of a later one", 20_000, 2000, 30, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stripe := newArchive(t, tt.payments, tt.ours)
			g := newGateway(t, stripe.URL)

			found, err := g.LookUp(t.Context(), createSearch(t, g, createRequest()))

			if found.Found != tt.found || (err != nil) != tt.fails {
				t.Errorf("found %t, %v", found.Found, err)
			}
			if len(stripe.queries) != tt.pages || len(found.StripeRequestIDs) != stripe.arrivals() {
				t.Errorf("%d pages, %d names for %d exchanges; want %d pages", len(stripe.queries),
					len(found.StripeRequestIDs), stripe.arrivals(), tt.pages)
			}
			if payment, ok := found.Outcome.Resource.(*paymentsv1.Payment); tt.found && (!ok ||
				payment.GetId() != fmt.Sprintf("pi_%d", tt.ours)) {
				t.Errorf("found %v", found.Outcome.Resource)
			}
		})
	}
}

// TestLookUpQueries: what Stripe is asked. Both ends of the time leave room for clocks that differ.
func TestLookUpQueries(t *testing.T) {
	window := []string{"limit=100", "created[gte]=9880", "created[lte]=10221"}
	for _, tt := range []struct {
		name    string
		request func(g *stripegw.Gateway) stripegw.Search
		path    string
		want    []string
	}{
		{"a payment", func(g *stripegw.Gateway) stripegw.Search {
			return createSearch(t, g, createRequest())
		}, "/v1/payment_intents", window},
		{"a payment of a customer", func(g *stripegw.Gateway) stripegw.Search {
			return createSearch(t, g, edited(func(r *paymentsv1.CreatePaymentRequest) { r.CustomerId = "cus_1" }))
		}, "/v1/payment_intents", append([]string{"customer=cus_1"}, window...)},
		{"a refund", func(g *stripegw.Gateway) stripegw.Search {
			s := createSearch(t, g, createRequest())
			r, err := prepareOnly(g, fullRefund(), operationID)
			if err != nil {
				t.Fatal(err)
			}
			s.Method, s.Request = createRefund, r
			return s
		}, "/v1/refunds", append([]string{"payment_intent=pi_1"}, window...)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got *http.Request
			stripe := newStripe(t, func(w http.ResponseWriter, r *http.Request) {
				got = r
				answer(200, `{"object":"list","data":[],"has_more":false}`)(w, r)
			})
			g := newGateway(t, stripe.URL)
			if found, err := g.LookUp(t.Context(), tt.request(g)); err != nil || found.Found {
				t.Errorf("found %t, %v", found.Found, err)
			}
			if got.Method != http.MethodGet || got.URL.Path != tt.path || got.Header.Get("Idempotency-Key") != "" {
				t.Errorf("asked %s %s", got.Method, got.URL.Path)
			}
			if diff := cmp.Diff(pairs(tt.want), query(t, got.URL.RawQuery)); diff != "" {
				t.Errorf("query (-want +got):\n%s", diff)
			}
		})
	}
}

// TestLookUpUnreadablePage: an item that nobody can tell the maker of might be ours.
func TestLookUpUnreadablePage(t *testing.T) {
	for name, body := range map[string]string{
		"HTML": "<html>" + canary, "an empty object": "{}", "no id": page(t, false, map[string]any{"metadata": nil}),
		"metadata that is none":  page(t, false, map[string]any{"id": "pi_1", "metadata": canary}),
		"more behind nothing":    `{"data":[],"has_more":true}`,
		"nothing about more":     `{"data":[]}`,
		"truncated":              `{"data":[{"id":"` + canary,
		"an item that is a text": page(t, false, canary),
	} {
		t.Run(name, func(t *testing.T) {
			g := newGateway(t, newStripe(t, answer(200, body)).URL)
			found, err := g.LookUp(t.Context(), createSearch(t, g, createRequest()))
			if found.Found {
				t.Error("it was found")
			}
			wantReason(t, err, unavailable)
			checkSilent(t, err)
		})
	}
}

// TestLookUpRefuses a search by which anything, or never what was sent, would be found. Nothing is asked then.
func TestLookUpRefuses(t *testing.T) {
	stripe := newArchive(t, 1, 0)
	g := newGateway(t, stripe.URL)
	for name, edit := range map[string]func(*stripegw.Search){
		"no operation":           func(s *stripegw.Search) { s.OperationID = "" },
		"no beginning":           func(s *stripegw.Search) { s.From = time.Time{} },
		"no end":                 func(s *stripegw.Search) { s.To = time.Time{} },
		"an end that is earlier": func(s *stripegw.Search) { s.To = s.From.Add(-time.Second) },
		"no rpc":                 func(s *stripegw.Search) { s.Method = "" },
		"no request":             func(s *stripegw.Search) { s.Request = stripegw.Request{} },
		"a form that is none":    func(s *stripegw.Search) { s.Request.Form = "%zz" },
		"a read":                 func(s *stripegw.Search) { s.Request.Method = http.MethodGet },
		"an action on nothing":   func(s *stripegw.Search) { s.Method = cancelPayment },
	} {
		t.Run(name, func(t *testing.T) {
			s := createSearch(t, g, createRequest())
			edit(&s)
			found, err := g.LookUp(t.Context(), s)
			if found.Found {
				t.Error("it was found")
			}
			wantReason(t, err, paymentsv1.ErrorReason_ERROR_REASON_INTERNAL)
		})
	}
	if stripe.arrivals() != 0 {
		t.Errorf("%d arrivals, want none", stripe.arrivals())
	}
}

// TestLookUpByStripesDescription: Stripe's own description of the API takes what a look-up asks.
func TestLookUpByStripesDescription(t *testing.T) {
	stripe := newStripe(t, describedStripe(t))
	g := newGateway(t, stripe.URL)
	refund, err := prepareOnly(g, fullRefund(), operationID)
	if err != nil {
		t.Fatal(err)
	}
	s := createSearch(t, g, fullCreate())
	for range 2 {
		if found, err := g.LookUp(t.Context(), s); err != nil || found.Found {
			t.Errorf("%s: found %t, %v", s.Method, found.Found, err)
		}
		s.Method, s.Request = createRefund, refund
	}
	if stripe.arrivals() != 2 {
		t.Errorf("%d arrivals, want 2", stripe.arrivals())
	}
}
