package stripegw_test

import (
	"net/http"
	"strings"
	"testing"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/sandbox"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

const (
	tombstone  = `{"id":"cus_1","object":"customer","deleted":true}`
	livingJane = `{"id":"cus_1","object":"customer","name":"Jane Doe"}`
	noSuchJane = `{"error":{"type":"invalid_request_error","code":"resource_missing","param":"id"}}`
)

var (
	gone    = step{name: "gone", status: 200, body: tombstone}
	alive   = step{name: "alive", status: 200, body: livingJane}
	missing = step{name: "missing", status: 404, body: noSuchJane}
)

// deletion is a DELETE of cus_1 on its way.
func deletion(t *testing.T, g *stripegw.Gateway) stripegw.Sending {
	t.Helper()
	r, err := prepareOnly(g, fullDeleteCustomer(), operationID)
	if err != nil {
		t.Fatal(err)
	}
	return sending(deleteCustomer, r)
}

// TestM55_Delete: Stripe ignores the key on a DELETE, so that one is sent once, and GET decides what its answer does not
// tell. Success is success, never NOT_FOUND. The steps are what the requests meet, one after the other.
func TestM55_Delete(t *testing.T) {
	for _, tt := range []struct {
		name        string
		repeat      bool
		steps       []step
		requests    string
		verdict     stripegw.Verdict
		want        paymentsv1.ErrorReason
		uncertainty paymentsv1.OperationUncertainty
		sends       int
	}{
		{"done", false, []step{gone}, "DELETE", stripegw.Done, noReason, certain, 1},
		{"lost, and done", false, []step{lost, gone}, "DELETE GET", stripegw.Done, noReason, certain, 1},
		{"lost, and not done", false, []step{lost, alive}, "DELETE GET", stripegw.Uncertain, outcomePending, noAnswer, 1},
		{"lost, and not to be seen", false, []step{lost, lost}, "DELETE GET", stripegw.Uncertain, outcomePending, noAnswer, 1},
		{"a page of a proxy, and done", false, []step{proxyPage, gone}, "DELETE GET", stripegw.Done, noReason, certain, 1},
		{"failed inside, and done", false, []step{failed500, gone}, "DELETE GET", stripegw.Done, noReason, certain, 1},
		{"deleted before", false, []step{missing, gone}, "DELETE GET", stripegw.Done, noReason, certain, 1},
		{"never there", false, []step{missing, missing}, "DELETE GET", stripegw.Done, resourceMissing, certain, 1},
		{"missing, and still there", false, []step{missing, alive}, "DELETE GET", stripegw.Done, resourceMissing, certain, 1},
		{"missing, and not to be seen", false, []step{missing, lost}, "DELETE GET", stripegw.Uncertain, outcomePending, heldBack, 1},
		{"a page that says 404, and done", false, []step{
			{name: "html", status: 404, body: "<html>"}, gone,
		}, "DELETE GET", stripegw.Done, noReason, certain, 1},
		{"held back", false, []step{rateLimit}, "DELETE", stripegw.NotDone, rateLimited, certain, 1},
		{"held back, to be repeated", false, []step{
			rateLimit.with("Stripe-Should-Retry", "true"),
		}, "DELETE", stripegw.NotDone, rateLimited, certain, 1},
		{"again, and done before", true, []step{gone}, "GET", stripegw.Done, noReason, certain, 0},
		{"again, and not done before", true, []step{alive, gone}, "GET DELETE", stripegw.Done, noReason, certain, 1},
		{"again, and lost", true, []step{alive, lost, gone}, "GET DELETE GET", stripegw.Done, noReason, certain, 1},
		{"again, and done in between", true, []step{
			alive, missing, gone,
		}, "GET DELETE GET", stripegw.Done, noReason, certain, 1},
		{"again, and never there", true, []step{
			missing, missing, missing,
		}, "GET DELETE GET", stripegw.Done, resourceMissing, certain, 1},
		{"again, and not to be seen", true, []step{lost}, "GET", stripegw.Uncertain, outcomePending, heldBack, 0},
		{"again, and Stripe is down", true, []step{failed500}, "GET", stripegw.Uncertain, outcomePending, heldBack, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stripe := newScript(t, tt.steps...)
			g := stripe.gateway(t)
			s := deletion(t, g)
			s.Repeat = tt.repeat
			got := g.Write(t.Context(), s)

			checkResult(t, got, tt.verdict, tt.want, tt.uncertainty)
			// Go's transport may repeat a GET by itself, on another connection.
			if seen := stripe.methods(); strings.Count(seen, "DELETE") != strings.Count(tt.requests, "DELETE") ||
				!strings.HasPrefix(seen, tt.requests) {
				t.Errorf("requests %q, want %q", seen, tt.requests)
			}
			if got.Sends != tt.sends {
				t.Errorf("%d sends, want %d", got.Sends, tt.sends)
			}
			if tt.want != noReason {
				if got.Err == nil || operationOf(got.Err) != operationID {
					t.Errorf("the error names operation %q", operationOf(got.Err))
				}
				return
			}
			left, ok := got.Outcome.Resource.(*paymentsv1.Customer)
			if !ok || left.GetId() != "cus_1" || !left.GetDeleted() || got.KeepsFailing {
				t.Errorf("the outcome is %v, keeps failing %t", got.Outcome.Resource, got.KeepsFailing)
			}
			if last := len(got.StripeRequestIDs) - 1; last < 0 || got.StripeRequestIDs[last] != "req_gone" {
				t.Errorf("the exchanges are %v", got.StripeRequestIDs)
			}
		})
	}
}

// methods are those of the requests that arrived.
func (f *fakeStripe) methods() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var methods []string
	for _, r := range f.requests {
		methods = append(methods, r.Method)
	}
	return strings.Join(methods, " ")
}

// TestDeleteIsSentOnce: Stripe ignores the key there, so that a second DELETE is a second operation.
func TestDeleteIsSentOnce(t *testing.T) {
	for _, s := range []step{lost, running, rateLimit.with("Stripe-Should-Retry", "true"), noRoute} {
		stripe := newScript(t, s)
		g := stripe.gateway(t)
		got := g.Write(t.Context(), deletion(t, g))
		if deletes := strings.Count(stripe.methods(), http.MethodDelete); got.Sends != 1 || deletes > 1 {
			t.Errorf("%s: %d sends, %d arrivals, want 1", s.name, got.Sends, deletes)
		}
	}
}

// TestRepeatOfAPost: under its key Stripe answers as it did then, so that nothing is looked up first.
func TestRepeatOfAPost(t *testing.T) {
	stripe := newScript(t, paid)
	g := stripe.gateway(t)
	s := sending(createPayment, prepare(t, g, createRequest()))
	s.Repeat = true
	if got := g.Write(t.Context(), s); got.Verdict != stripegw.Done || stripe.methods() != "POST" {
		t.Errorf("%v after %q", got.Verdict, stripe.methods())
	}
}

// TestM55_DeleteOfACustomer is the same against a Stripe that keeps customers: whatever happens to the connection, one
// DELETE arrives at most, and who hears an end hears that the customer is gone.
func TestM55_DeleteOfACustomer(t *testing.T) {
	for _, tt := range []struct {
		fault sandbox.Fault
		// known is whether the first write learns how it ended, and done whether the customer is gone by then.
		known, done bool
	}{
		{sandbox.Fault{Kind: sandbox.FaultDropAfter}, true, true},
		{sandbox.Fault{Kind: sandbox.FaultTruncate}, true, true},
		{sandbox.Fault{Kind: sandbox.FaultWrongJSON}, true, true},
		{sandbox.Fault{Kind: sandbox.Fault500After}, true, true},
		{sandbox.Fault{Kind: sandbox.FaultDropBefore}, false, false},
		{sandbox.Fault{Kind: sandbox.Fault500Before}, false, false},
		{sandbox.Fault{Kind: sandbox.Fault502HTML}, false, false},
	} {
		t.Run(string(tt.fault.Kind), func(t *testing.T) {
			b := newBench(t)
			id := b.customer(t, "jane")
			s := b.sending(t, deleteCustomer, "x", &paymentsv1.DeleteCustomerRequest{CustomerId: id})
			tt.fault.Method, tt.fault.Count = http.MethodDelete, 1
			b.breaks(t, tt.fault)

			got := b.gateway.Write(t.Context(), s)

			b.checkArrivals(t, got, 1)
			if known := got.Verdict == stripegw.Done; known != tt.known {
				t.Errorf("%v, %v; want it known: %t", got.Verdict, got.Err, tt.known)
			}
			left, err := b.gateway.GetCustomer(t.Context(), id)
			if err != nil || left.GetDeleted() != tt.done {
				t.Errorf("deleted %t, %v; want %t", left.GetDeleted(), err, tt.done)
			}
			// Recovery comes later, another caller meanwhile.
			b.made(t, deleteCustomer, "other", &paymentsv1.DeleteCustomerRequest{CustomerId: id})
			s.Repeat, s.MaxSends = true, 1
			again := b.gateway.Write(t.Context(), s)
			checkResult(t, again, stripegw.Done, noReason, certain)
			if again.Sends != 0 {
				t.Errorf("%d more sends, want none", again.Sends)
			}
		})
	}
}

// TestM55_DeletedBefore: a customer that is gone is gone; only one that never was is missing.
func TestM55_DeletedBefore(t *testing.T) {
	b := newBench(t)
	id := b.customer(t, "jane")
	for _, name := range []string{"first", "second"} {
		got := b.write(t, deleteCustomer, name, &paymentsv1.DeleteCustomerRequest{CustomerId: id})
		checkResult(t, got, stripegw.Done, noReason, certain)
	}
	got := b.write(t, deleteCustomer, "never", &paymentsv1.DeleteCustomerRequest{CustomerId: "cus_never"})
	checkResult(t, got, stripegw.Done, resourceMissing, certain)
	if text := visible(got.Err); !strings.Contains(text, "cus_never") {
		t.Errorf("the customer is not named:\n%s", text)
	}
}

// A person can not say that a customer is deleted who is there.
func TestReadResultOfADelete(t *testing.T) {
	b := newBench(t)
	id := b.made(t, createCustomer, "alive", &paymentsv1.CreateCustomerRequest{})
	search := stripegw.Search{Method: deleteCustomer, OperationID: "op_delete"}
	_, err := b.gateway.ReadResult(t.Context(), search, id)
	wantReason(t, err, invalidField)
	b.made(t, deleteCustomer, "gone", &paymentsv1.DeleteCustomerRequest{CustomerId: id})
	if found, err := b.gateway.ReadResult(t.Context(), search, id); err != nil || !found.Found {
		t.Errorf("once it is deleted: %v, %v", found, err)
	}
}
