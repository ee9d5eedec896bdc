package eventlog_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/sandbox"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// bodies are those of events.
func bodies(events []stripegw.ListedEvent, fits func(e stripegw.StripeEvent) bool) [][]byte {
	var found [][]byte
	for _, listed := range events {
		if e, err := stripegw.DecodeEvent(listed.Body); err == nil && (fits == nil || fits(e)) {
			found = append(found, listed.Body)
		}
	}
	return found
}

// ofKind picks events of a kind.
func ofKind(kind string) func(stripegw.StripeEvent) bool {
	return func(e stripegw.StripeEvent) bool { return e.Type == kind }
}

func TestW05_DeletedThenOlderUpdated(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e)
			p := w.project(t)
			id := w.post(t, "/v1/customers", "", "name", "A")
			w.later(1e9)
			w.post(t, "/v1/customers/"+id, "", "name", "B")
			w.later(1e9)
			w.call(t, "DELETE", "/v1/customers/"+id, "", nil)
			events := w.happened(t)
			for _, kind := range []string{"customer.deleted", "customer.updated", "customer.created"} {
				w.receive(t, bodies(events, ofKind(kind))...)
				w.settled(t, p)
			}
			row, m := w.known(t, id)
			if !row.Ended || !m.(*paymentsv1.Customer).GetDeleted() {
				t.Errorf("ended: %t; %v", row.Ended, m)
			}
			told := w.told(t, id)
			if d := cmp.Diff([]string{"customer.deleted", "customer.updated", "customer.created"}, kinds(told)); d != "" {
				t.Errorf("the events (-want +got):\n%s", d)
			}
			for _, e := range told {
				if !e.GetCustomer().GetDeleted() {
					t.Errorf("%s goes back: %v", e.GetRawType(), e)
				}
			}
		})
	}
}

func TestW06_EventsOfOneSecondInAllOrders(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e)
			p := w.project(t)
			for n, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
				id := w.post(t, "/v1/customers", "", "name", "A", "balance", "0")
				w.post(t, "/v1/customers/"+id, "", "name", "B")
				w.post(t, "/v1/customers/"+id, "", "name", "C")
				found := bodies(w.happened(t), nil)[3*n:]
				if len(found) != 3 {
					t.Fatalf("%d events", len(found))
				}
				for _, n := range order {
					w.receive(t, found[n])
					w.settled(t, p)
				}
				if _, m := w.known(t, id); m.(*paymentsv1.Customer).GetName() != "C" {
					t.Errorf("%v: the name is %q", order, m.(*paymentsv1.Customer).GetName())
				}
				if told := w.told(t, id); len(told) != 3 {
					t.Errorf("%v: told %v", order, kinds(told))
				}
			}
		})
	}
}

func TestW07_AnObjectNeverSeen(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e)
			p := w.project(t)
			id := w.post(t, "/v1/customers", "", "name", "A")
			w.later(1e9)
			w.post(t, "/v1/customers/"+id, "", "name", "B")
			updated := bodies(w.happened(t), ofKind("customer.updated"))
			w.later(1e9)
			w.post(t, "/v1/customers/"+id, "", "name", "C")
			w.receive(t, updated...)
			w.settled(t, p)
			if _, m := w.known(t, id); m.(*paymentsv1.Customer).GetName() != "C" {
				t.Errorf("it was not fetched: %v", m)
			}

			// One that Stripe does not have any more is told by its name.
			if _, err := w.AddEvent(sandbox.MadeEvent{
				Type: "setup_intent.setup_failed", Object: json.RawMessage(`{"id":"seti_gone","object":"setup_intent"}`),
				APIVersion: "2019-12-03",
			}); err != nil {
				t.Fatal(err)
			}
			w.receive(t, bodies(w.happened(t), ofKind("setup_intent.setup_failed"))...)
			w.settled(t, p)
			told := w.told(t, "seti_gone")
			if len(told) != 1 || told[0].GetType() != paymentsv1.EventType_EVENT_TYPE_SETUP_INTENT_FAILED {
				t.Errorf("told %v", told)
			}
		})
	}
}

func TestW08_UnknownType(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e)
			p := w.project(t)
			for _, object := range []string{
				`{"id":"xx_1","object":"thing","email":"canary@example.com"}`, `{"object":"balance"}`,
			} {
				if _, err := w.AddEvent(sandbox.MadeEvent{Type: "thing.happened", Object: json.RawMessage(object)}); err != nil {
					t.Fatal(err)
				}
			}
			w.receive(t, bodies(w.happened(t), nil)...)
			w.settled(t, p)
			told := w.told(t)
			if len(told) != 2 {
				t.Fatalf("told %v", told)
			}
			for _, e := range told {
				if e.GetType() != 0 || e.GetRawType() != "thing.happened" || e.GetReference() == nil ||
					strings.Contains(e.String(), "canary") {
					t.Errorf("told %v", e)
				}
			}
		})
	}
}

func TestW09_AnotherAPIVersion(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e)
			p := w.project(t)
			id := w.post(t, "/v1/payment_intents", "", "amount", "100", "currency", "usd", "payment_method_types[]", "card")
			for _, object := range []string{
				`{"id":"` + id + `","object":"payment_intent","status":["odd"]}`, `{"id":"` + id + `","object":"payment_intent"}`,
			} {
				if _, err := w.AddEvent(sandbox.MadeEvent{
					Type: "payment_intent.processing", Object: json.RawMessage(object), APIVersion: "2025-03-31.basil",
				}); err != nil {
					t.Fatal(err)
				}
			}
			w.receive(t, bodies(w.happened(t), ofKind("payment_intent.processing"))...)
			w.settled(t, p)
			w.wantAsStripe(t, "payment_intent", id)
			if told := w.told(t, id); len(told) != 2 || told[0].GetPayment().GetAmount().GetMinorUnits() != 100 {
				t.Errorf("told %v", told)
			}
		})
	}
}

func TestW15_TheSameEventAgain(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e)
			p := w.project(t)
			w.post(t, "/v1/customers", "", "name", "A")
			found := bodies(w.happened(t), nil)
			for range 3 {
				w.receive(t, found[0], found[0])
				w.settled(t, p)
			}
			if told := w.told(t); len(told) != 1 {
				t.Errorf("told %v", kinds(told))
			}
		})
	}
}
