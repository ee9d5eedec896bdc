package eventlog_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/eventlog"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// someOrders is how many orders of a life cycle are tried where not all are.
const someOrders = 12

// lifeCycle is what becomes of some objects.
type lifeCycle struct {
	name string
	// live makes it happen, and calls next between two things that Stripe does.
	live func(t *testing.T, w *world, next func())
	// about are the kinds of objects whose events are shuffled.
	about []string
}

var lifeCycles = []lifeCycle{
	{"payment with action, refunded", func(t *testing.T, w *world, next func()) {
		t.Helper()
		id := w.post(t, "/v1/payment_intents", w.key("create"), "amount", "1000", "currency", "usd",
			"payment_method_types[]", "card")
		next()
		w.post(t, "/v1/payment_intents/"+id+"/confirm", w.key("confirm"), "payment_method", "pm_card_authenticationRequired")
		next()
		w.post(t, "/_sandbox/payment_intents/"+id+"/authenticate", "", "outcome", "succeed")
		next()
		w.post(t, "/v1/refunds", w.key("refund"), "payment_intent", id, "amount", "300")
	}, []string{"payment_intent", "refund", "charge"}},
	{"declined, then paid", func(t *testing.T, w *world, next func()) {
		t.Helper()
		id := w.post(t, "/v1/payment_intents", w.key("create"), "amount", "1000", "currency", "usd",
			"payment_method_types[]", "card")
		next()
		w.post(t, "/v1/payment_intents/"+id+"/confirm", w.key("one"), "payment_method", "pm_card_visa_chargeDeclined")
		next()
		w.post(t, "/v1/payment_intents/"+id+"/confirm", w.key("two"), "payment_method", "pm_card_visa")
	}, []string{"payment_intent"}},
	{"canceled", func(t *testing.T, w *world, next func()) {
		t.Helper()
		id := w.post(t, "/v1/payment_intents", "", "amount", "1000", "currency", "usd", "payment_method_types[]", "card",
			"capture_method", "manual", "confirm", "true", "payment_method", "pm_card_visa")
		next()
		w.post(t, "/v1/payment_intents/"+id+"/cancel", w.key("cancel"))
	}, []string{"payment_intent"}},
	{"bank debit", func(t *testing.T, w *world, next func()) {
		t.Helper()
		w.post(t, "/v1/payment_intents", w.key("create"), "amount", "1000", "currency", "usd", "confirm", "true",
			"payment_method", "pm_usBankAccount_success", "payment_method_types[]", "us_bank_account",
			"mandate_data[customer_acceptance][type]", "offline")
		next()
		w.Advance(10 * 24 * time.Hour)
	}, []string{"payment_intent"}},
	{"setup intent", func(t *testing.T, w *world, next func()) {
		t.Helper()
		id := w.post(t, "/v1/setup_intents", "", "payment_method_types[]", "card")
		next()
		w.post(t, "/v1/setup_intents/"+id+"/confirm", "", "payment_method", "pm_card_visa_chargeDeclined")
		next()
		w.post(t, "/v1/setup_intents/"+id+"/confirm", "", "payment_method", "pm_card_visa")
	}, []string{"setup_intent"}},
	{"customer with a method", func(t *testing.T, w *world, next func()) {
		t.Helper()
		id := w.post(t, "/v1/customers", w.key("customer"), "name", "A")
		next()
		method := w.post(t, "/v1/payment_methods/pm_card_visa/attach", w.key("attach"), "customer", id)
		next()
		w.post(t, "/v1/customers/"+id, "", "name", "B")
		next()
		w.post(t, "/v1/payment_methods/"+method+"/detach", "")
		next()
		w.call(t, "DELETE", "/v1/customers/"+id, "", nil)
	}, []string{"customer", "payment_method"}},
	{"subscription with its first invoice", func(t *testing.T, w *world, next func()) {
		t.Helper()
		customer, price := w.subscriber(t)
		next()
		id := w.post(t, "/v1/subscriptions", w.key("subscribe"), "customer", customer, "items[0][price]", price)
		next()
		w.call(t, "DELETE", "/v1/subscriptions/"+id, "", nil)
	}, []string{"subscription", "invoice"}},
	{"invoice", func(t *testing.T, w *world, next func()) {
		t.Helper()
		customer, _ := w.subscriber(t)
		w.post(t, "/v1/invoiceitems", "", "customer", customer, "amount", "500", "currency", "usd")
		next()
		id := w.post(t, "/v1/invoices", "", "customer", customer, "pending_invoice_items_behavior", "include")
		next()
		w.post(t, "/v1/invoices/"+id+"/finalize", "")
		next()
		w.post(t, "/v1/invoices/"+id+"/pay", w.key("pay"))
	}, []string{"invoice"}},
	{"dispute", func(t *testing.T, w *world, next func()) {
		t.Helper()
		w.post(t, "/v1/payment_intents", "", "amount", "1000", "currency", "usd", "payment_method_types[]", "card",
			"confirm", "true", "payment_method", "pm_card_createDispute")
		next()
		list := w.call(t, "GET", "/v1/disputes", "", nil)["data"].([]any)
		w.post(t, "/_sandbox/disputes/"+list[0].(map[string]any)["id"].(string)+"/close", "", "status", "lost")
	}, []string{"dispute"}},
}

// subscriber is somebody who can pay, and what there is to pay for.
func (w *world) subscriber(tb testing.TB) (customer, price string) {
	tb.Helper()
	customer = w.post(tb, "/v1/customers", "", "payment_method", "pm_card_visa")
	method := w.post(tb, "/v1/payment_methods/pm_card_visa/attach", "", "customer", customer)
	w.post(tb, "/v1/customers/"+customer, "", "invoice_settings[default_payment_method]", method)
	product := w.post(tb, "/v1/products", "", "name", "P")
	price = w.post(tb, "/v1/prices", "", "product", product, "currency", "usd", "unit_amount", "900",
		"recurring[interval]", "month")
	return customer, price
}

// TestAllOrdersEndAlike receives the events of each life cycle in many orders, with duplicates, one after the other, in
// one second and apart: whatever the order, what is known in the end is what Stripe has, nothing is told twice, and no
// object goes back from its last state. With -full it is all orders.
func TestAllOrdersEndAlike(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e, func(c *eventlog.Config) { c.Gateway = &copies{c.Gateway} })
			p := w.project(t)
			for _, apart := range []time.Duration{0, time.Second} {
				for _, cycle := range lifeCycles {
					t.Run(fmt.Sprintf("%s, %v apart", cycle.name, apart), func(t *testing.T) {
						allOrders(t, w, p, cycle, apart)
					})
				}
			}
		})
	}
}

func allOrders(t *testing.T, w *world, p *eventlog.Projector, cycle lifeCycle, apart time.Duration) {
	t.Helper()
	before, toldBefore := len(w.happened(t)), len(w.told(t))
	cycle.live(t, w, func() { w.later(apart) })
	found := bodies(w.happened(t)[before:], func(e stripegw.StripeEvent) bool {
		return slices.Contains(cycle.about, e.ObjectKind) && e.Type != "charge.succeeded" // which tells nothing
	})
	if len(found) < 2 {
		t.Fatalf("%d events", len(found))
	}
	orders := permutations(len(found), 720)
	if !*full {
		rand.Shuffle(len(orders), func(i, j int) { orders[i], orders[j] = orders[j], orders[i] })
		orders = orders[:min(someOrders, len(orders))]
	}
	// The n-th of each order comes when all before are projected: the projector must not see the order by itself.
	for n := range found {
		var wave [][]byte
		for c, order := range orders {
			body := asCopy(found[order[n]], c)
			wave = append(wave, body, body) // The second one is a duplicate.
		}
		w.receive(t, wave...)
		w.settled(t, p)
	}
	checkTold(t, w.told(t), toldBefore)
	for _, about := range objectsOf(found, cycle.about) {
		at, err := w.gateway.FetchObject(t.Context(), about[0], about[1])
		for c, order := range orders {
			row, m := w.known(t, suffixed(about[1], c))
			switch {
			case m == nil:
				t.Errorf("order %v: %v is not known", order, about)
			case err == nil && (row.State != at.State || !eventlog.SameMessage(withoutCopy(m), at.Message)):
				t.Errorf("order %v: %v is known as %v\nStripe has %v", order, about, withoutCopy(m), at.Message)
			}
		}
	}
}

// checkTold looks at a log from a place on: dense, each change once, and no object after its end in another state.
func checkTold(t *testing.T, told []*paymentsv1.Event, from int) {
	t.Helper()
	seen := map[string]bool{}
	last := map[string]proto.Message{}
	for n, e := range told[from:] {
		if n += from; e.GetPosition() != int64(n+1) || seen[e.GetId()] {
			t.Errorf("event %d is at %d, twice: %t", n+1, e.GetPosition(), seen[e.GetId()])
		}
		seen[e.GetId()] = true
		m := payload(e)
		now, ok := stripegw.NewResource(m)
		if !ok {
			continue
		}
		before, ok := stripegw.NewResource(last[e.GetObjectId()])
		if ok && before.Ended && (!now.Ended || now.State != before.State) {
			t.Errorf("%s leaves its end by %s", e.GetObjectId(), e.GetRawType())
		}
		last[e.GetObjectId()] = m
	}
}

// permutations are the orders of n things, up to so many.
func permutations(n, limit int) (orders [][]int) {
	var extend func(order []int)
	extend = func(order []int) {
		if len(order) == n {
			orders = append(orders, slices.Clone(order))
		}
		for i := range n {
			if len(orders) < limit && !slices.Contains(order, i) {
				extend(append(order, i))
			}
		}
	}
	extend(nil)
	if n > 6 { // All orders of the first few alone would be nearly one.
		for i := range orders {
			rand.Shuffle(n, func(a, b int) { orders[i][a], orders[i][b] = orders[i][b], orders[i][a] })
		}
	}
	return orders
}

// copies is a gateway for copies of events, whose ids have a suffix: one Stripe serves many tries.
type copies struct{ eventlog.Gateway }

var (
	anID   = regexp.MustCompile(`\b(evt|pi|ch|py|re|pyr|cus|pm|seti|sub|in|price|prod|dp|du|si|il|ii)_[A-Za-z0-9]{6,}`)
	aCopy  = regexp.MustCompile(`X[0-9]{4}$`)
	copied = regexp.MustCompile(`(_[A-Za-z0-9]{6,})X[0-9]{4}\b`)
)

func suffixed(id string, n int) string { return fmt.Sprintf("%sX%04d", id, n) }

func asCopy(body []byte, n int) []byte {
	return anID.ReplaceAllFunc(body, func(id []byte) []byte { return []byte(suffixed(string(id), n)) })
}

// FetchObject reads the one object for its copy.
func (c *copies) FetchObject(ctx context.Context, kind, id string) (stripegw.Resource, error) {
	r, err := c.Gateway.FetchObject(ctx, kind, aCopy.ReplaceAllString(id, ""))
	return copyOf(r, aCopy.FindString(id)), err
}

// RefundsOfCharge reads the refunds of the one charge for its copy.
func (c *copies) RefundsOfCharge(ctx context.Context, chargeID string) ([]stripegw.Resource, error) {
	refunds, err := c.Gateway.RefundsOfCharge(ctx, aCopy.ReplaceAllString(chargeID, ""))
	for i, r := range refunds {
		refunds[i] = copyOf(r, aCopy.FindString(chargeID))
	}
	return refunds, err
}

func copyOf(r stripegw.Resource, suffix string) stripegw.Resource {
	if r.Message == nil || suffix == "" {
		return r
	}
	r.ID += suffix
	r.Message = rewritten(r.Message, func(text []byte) []byte {
		return anID.ReplaceAllFunc(text, func(id []byte) []byte { return append(slices.Clone(id), suffix...) })
	})
	return r
}

// withoutCopy is the message of the object that a copy is of.
func withoutCopy(m proto.Message) proto.Message {
	return rewritten(m, func(text []byte) []byte { return copied.ReplaceAll(text, []byte("$1")) })
}

func rewritten(m proto.Message, rewrite func([]byte) []byte) proto.Message {
	text, err := protojson.Marshal(m)
	if err != nil {
		return m
	}
	other := m.ProtoReflect().New().Interface()
	if err := protojson.Unmarshal(rewrite(text), other); err != nil {
		return m
	}
	return other
}

// objectsOf are the kinds and ids of the objects that events are about.
func objectsOf(found [][]byte, about []string) (objects [][2]string) {
	for _, body := range found {
		e, _ := stripegw.DecodeEvent(body)
		one := [2]string{e.ObjectKind, e.ObjectID}
		if e.ObjectKind != "charge" && slices.Contains(about, e.ObjectKind) && !slices.Contains(objects, one) {
			objects = append(objects, one)
		}
	}
	return objects
}

// payload is the object of an event.
func payload(e *paymentsv1.Event) proto.Message {
	m := e.ProtoReflect()
	field := m.WhichOneof(m.Descriptor().Oneofs().ByName("payload"))
	if field == nil {
		return nil
	}
	return m.Get(field).Message().Interface()
}

// key is an idempotency key as we send it, another one each time.
func (w *world) key(name string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keysMade++
	return fmt.Sprintf("tg1-%s%d", name, w.keysMade)
}
