package sandbox_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// T-03: whatever happens to a subscription on a test clock, in whatever order, what its invoices say was paid is what
// the ledger says was taken, the lines of each make its total, and the customer's balance is what they moved.
func TestT03_BillingInvariants(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			a := api{Sandbox: sandbox.New(sandbox.Config{Seed: seed + 1, Now: (&clock{now: start}).Now})}
			b := &biller{api: a, random: rand.New(rand.NewPCG(seed, 11)), all: answers{}}
			end := []string{"canceled", "unpaid", "past_due"}[seed%3]
			a.post(t, "/_sandbox/settings", `{"dunning_end": "`+end+`"}`).want(t, 200, nil)
			b.begin(t)
			for range 80 {
				b.step(t)
				b.check(t)
			}
			b.checkEvents(t)
			if seed == 1 { // it takes longer than all the rest
				b.all.keepEvents(t, a)
				b.all.hold(t, "customer.cash_balance", "charge.refunds")
			}
		})
	}
}

// biller sends random requests about the subscriptions of one customer on a test clock.
type biller struct {
	api
	random   *rand.Rand
	all      answers
	clock    string
	now      time.Time
	customer string
	prices   []string
	subs     []string
}

func (b *biller) begin(t *testing.T) {
	t.Helper()
	b.now = time.Date(2026, 1, 31, 10, 0, 0, 0, time.UTC)
	b.clock = b.frozenAt(t, b.now)
	b.customer = b.member(t, b.clock)
	currency := []string{"usd", "jpy", "kwd"}[b.random.IntN(3)]
	for _, amount := range []int{0, 1000, 2500, 9990} {
		b.prices = append(b.prices, b.price(t, fmt.Sprintf("recurring[interval]=month&currency=%s&unit_amount=%d", currency,
			amount)))
	}
	b.subscribe(t, "")
}

// pick gives one of some texts.
func (b *biller) pick(texts ...string) string { return texts[b.random.IntN(len(texts))] }

// send keeps an answer for the schema. Whatever is asked, the sandbox never breaks.
func (b *biller) send(t *testing.T, method, path, form string) reply {
	t.Helper()
	got := b.do(t, method, path, form)
	if got.status >= http.StatusInternalServerError {
		t.Fatalf("%s %s %s: %s", method, path, form, got.raw)
	}
	b.all.keep(got)
	return got
}

func (b *biller) subscribe(t *testing.T, more string) {
	t.Helper()
	got := b.send(t, http.MethodPost, subscriptionsPath, "customer="+b.customer+"&items[0][price]="+b.pick(b.prices...)+more)
	if got.status == http.StatusOK {
		b.subs = append(b.subs, got.text("id"))
	}
}

// step does one thing that a merchant, a customer or time may do.
func (b *biller) step(t *testing.T) {
	t.Helper()
	sub := subscriptionsPath + "/" + b.pick(b.subs[max(0, len(b.subs)-2):]...) // the older ones are canceled mostly
	got := b.send(t, http.MethodGet, sub, "expand[]=latest_invoice.payment_intent")
	invoice := invoicesPath + "/" + got.text("latest_invoice", "id")
	proration := "proration_behavior=" + b.pick("create_prorations", "always_invoice", "none")
	switch b.random.IntN(16) {
	case 0, 1, 2, 3:
		b.advance(t)
	case 4, 5:
		items, _ := got.at("items", "data").([]any)
		if len(items) == 0 {
			return
		}
		item, _ := items[0].(map[string]any)
		id, _ := item["id"].(string)
		b.send(t, http.MethodPost, sub, proration+"&items[0][id]="+id+"&items[0][price]="+b.pick(b.prices...)+
			"&items[0][quantity]="+b.pick("1", "2", "7")+"&payment_behavior="+
			b.pick("allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete"))
	case 6:
		b.switchMethod(t, b.customer, b.pick("pm_card_visa", "pm_card_chargeCustomerFail", "pm_card_authenticationRequired",
			"pm_usBankAccount_success", "pm_usBankAccount_insufficientFunds"))
	case 7:
		b.switchMethod(t, b.customer, "pm_card_visa")
		b.send(t, http.MethodPost, invoice+"/pay", b.pick("", "paid_out_of_band=true"))
	case 8:
		b.send(t, http.MethodPost, invoice+"/"+b.pick("void", "mark_uncollectible", "finalize"), "")
	case 9:
		b.send(t, http.MethodPost, sub, b.pick("cancel_at_period_end=true", "cancel_at_period_end=false"))
	case 10:
		b.send(t, http.MethodPost, sub, b.pick("pause_collection=", "pause_collection[behavior]="+
			b.pick("keep_as_draft", "mark_uncollectible", "void")))
	case 11:
		b.subscribe(t, b.pick("", "&trial_period_days=5", "&payment_behavior=default_incomplete",
			"&collection_method=send_invoice&days_until_due=3", "&payment_behavior=error_if_incomplete"))
	case 12:
		if got.text("latest_invoice", "payment_intent", "status") == "requires_action" {
			b.authenticate(t, got.text("latest_invoice", "payment_intent", "id"), b.pick("succeed", "fail"))
		}
	case 13:
		b.send(t, http.MethodPost, sub, "billing_cycle_anchor=now&"+proration)
	case 14:
		if b.random.IntN(3) == 0 {
			b.send(t, http.MethodDelete, sub, b.pick("", "prorate=true", "prorate=true&invoice_now=true"))
			b.subscribe(t, "")
		}
	case 15:
		b.send(t, http.MethodGet, invoicesPath+"/upcoming", "customer="+b.customer+"&subscription="+got.text("id"))
	}
}

// advance lets some time pass.
func (b *biller) advance(t *testing.T) {
	t.Helper()
	const hour, day = time.Hour, 24 * time.Hour
	b.now = b.now.Add([]time.Duration{time.Second, hour + time.Minute, day, 5 * day, 20 * day, 32 * day}[b.random.IntN(6)])
	b.api.advance(t, b.clock, b.now)
}

// check compares what the objects say with each other and with the ledger.
func (b *biller) check(t *testing.T) {
	t.Helper()
	taken := map[string]int64{}
	for _, entry := range b.Ledger() {
		taken[entry.PaymentIntent] += entry.Paid()
	}
	moved, numbers := 0.0, map[string]bool{}
	list := b.get(t, invoicesPath, "limit=100&customer="+b.customer)
	list.want(t, 200, map[string]any{"has_more": false})
	items, _ := list.at("data").([]any)
	for _, item := range items {
		object, _ := item.(map[string]any)
		inv := reply{status: http.StatusOK, raw: list.raw, body: object}
		moved += b.checkInvoice(t, inv, taken)
		if number := inv.text("number"); number != "" && numbers[number] {
			t.Fatalf("two invoices have the number %s", number)
		} else if number != "" {
			numbers[number] = true
		}
	}
	cu := b.get(t, customersPath+"/"+b.customer, "")
	if balance, _ := cu.at("balance").(float64); balance != moved {
		t.Fatalf("the balance is %v, but the invoices moved %v", balance, moved)
	}
	for _, id := range b.subs {
		b.checkSubscription(t, b.get(t, subscriptionsPath+"/"+id, "expand[]=latest_invoice"))
	}
}

// checkInvoice gives by how much an invoice moved the customer's balance.
func (b *biller) checkInvoice(t *testing.T, inv reply, taken map[string]int64) (moved float64) {
	t.Helper()
	number := func(name string) float64 {
		n, _ := inv.at(name).(float64)
		return n
	}
	lines, _ := inv.at("lines", "data").([]any)
	sum := 0.0
	for _, line := range lines {
		object, _ := line.(map[string]any)
		amount, _ := object["amount"].(float64)
		sum += amount
	}
	name := fmt.Sprintf("invoice %s (%s)", inv.text("id"), inv.text("status"))
	if more := inv.at("lines", "has_more") == true; !more && sum != number("total") {
		t.Fatalf("%s: the lines make %v, the total is %v", name, sum, number("total"))
	}
	if number("amount_due") != number("amount_paid")+number("amount_remaining") || number("amount_due") < 0 {
		t.Fatalf("%s: due %v, paid %v, remaining %v", name, number("amount_due"), number("amount_paid"),
			number("amount_remaining"))
	}
	if paid := inv.text("status") == "paid"; paid != (inv.at("paid") == true) || paid && number("amount_remaining") != 0 {
		t.Fatalf("%s: paid is %v with %v to pay", name, inv.at("paid"), number("amount_remaining"))
	}
	if got := float64(taken[inv.text("payment_intent")]); inv.at("paid_out_of_band") != true && got != number("amount_paid") {
		t.Fatalf("%s: %v is paid, but %v was taken", name, number("amount_paid"), got)
	}
	if inv.at("ending_balance") == nil || inv.text("status") == "void" {
		return 0
	}
	return number("ending_balance") - number("starting_balance")
}

// checkSubscription holds a status against the latest invoice (docs.stripe.com/billing/subscriptions/overview).
func (b *biller) checkSubscription(t *testing.T, sub reply) {
	t.Helper()
	status, invoice := sub.text("status"), sub.text("latest_invoice", "status")
	allowed := map[string]map[string]bool{
		"incomplete":         {"open": true},
		"incomplete_expired": {"void": true, "uncollectible": true, "paid": true}, // paid when it was uncollectible
		"past_due":           {"open": true, "draft": true, "void": true},
	}
	if want, known := allowed[status]; known && !want[invoice] {
		t.Fatalf("subscription %s is %s and its latest invoice %s", sub.text("id"), status, invoice)
	}
	end, _ := sub.at("current_period_end").(float64)
	if status == "active" && int64(end) < b.now.Unix() {
		t.Fatalf("subscription %s is active, but its period ended at %v, and it is %d", sub.text("id"), end, b.now.Unix())
	}
}

// transitions are the statuses that may follow one (docs.stripe.com/billing/subscriptions/overview,
// docs.stripe.com/invoicing/integration/workflow-transitions); each may follow itself.
var transitions = map[string][]string{
	"subscription ":           {"incomplete", "trialing", "active", "past_due"},
	"subscription incomplete": {"active", "incomplete_expired", "canceled"},
	"subscription trialing":   {"active", "past_due", "canceled", "paused"},
	"subscription active":     {"past_due", "canceled", "trialing"},
	"subscription past_due":   {"active", "canceled", "unpaid"},
	"subscription unpaid":     {"active", "canceled", "past_due"}, // past due where an update's invoice is not paid
	"invoice ":                {"draft"},
	"invoice draft":           {"open", "paid"},
	"invoice open":            {"paid", "void", "uncollectible"},
	"invoice uncollectible":   {"paid", "void"},
	"payment_intent ":         {"requires_payment_method", "requires_confirmation"},
	"payment_intent requires_payment_method": {
		"requires_confirmation", "requires_action", "processing", "succeeded", "canceled",
	},
	"payment_intent requires_confirmation": {
		"requires_payment_method", "requires_action", "processing", "succeeded", "canceled",
	},
	"payment_intent requires_action": {
		"requires_payment_method", "requires_confirmation", "processing", "succeeded", "canceled",
	},
	"payment_intent processing": {"requires_payment_method", "succeeded"},
}

// checkEvents holds the story that the events tell: it goes forward in time, an object is created first, and each
// status may follow the one before.
func (b *biller) checkEvents(t *testing.T) {
	t.Helper()
	status, last := map[string]string{}, 0.0
	for _, e := range b.events(t) {
		event := reply{body: e}
		object, kind, id := event.text("data", "object", "object"), event.text("type"), event.text("data", "object", "id")
		if object != "subscription" && object != "invoice" && object != "payment_intent" {
			continue
		}
		at, _ := event.at("created").(float64)
		if at < last {
			t.Errorf("%s of %s at %v is told after %v", kind, id, at, last)
		}
		last = at
		before, known := status[id]
		now := event.text("data", "object", "status")
		if created := strings.HasSuffix(kind, "."+object+".created") || kind == object+".created"; created == known {
			t.Errorf("%s of %s, which is known: %v", kind, id, known)
		}
		if now != before && !slices.Contains(transitions[object+" "+before], now) {
			t.Errorf("%s of %s: %q after %q", kind, id, now, before)
		}
		status[id] = now
		// A request may ask for what is so already; what happens by itself changes something.
		if strings.HasSuffix(kind, ".updated") && event.at("data", "previous_attributes") == nil &&
			event.at("request", "id") == nil {
			t.Errorf("%s of %s does not tell what changed", kind, id)
		}
	}
}
