package sandbox_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// T-03: whatever is asked in whatever order, the ledger and the objects agree, nothing is captured that was not held,
// nothing is refunded that was not captured, and a payment ends once.
func TestT03_LedgerInvariants(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			a := api{Sandbox: sandbox.New(sandbox.Config{Seed: seed + 1, Now: (&clock{now: start}).Now})}
			random := rand.New(rand.NewPCG(seed, 7))
			a.wander(t, random, 100)
			before := a.events(t)
			a.wander(t, random, 100)
			a.checkInvariants(t)
			// What an event says does not change, whatever becomes of its object.
			after := map[any]map[string]any{}
			for _, e := range a.events(t) {
				after[e["id"]] = e
			}
			for _, e := range before {
				if now, kept := after[e["id"]]; kept && !cmp.Equal(e, now) {
					t.Error(cmp.Diff(e, now))
				}
			}
		})
	}
}

// wander sends random requests, most of which are refused.
func (a api) wander(t *testing.T, random *rand.Rand, steps int) {
	t.Helper()
	cards := []string{
		"pm_card_visa", "pm_card_visa_chargeDeclined", "pm_card_threeDSecure2Required", "pm_card_pendingRefund",
		"pm_card_refundFail", "pm_card_threeDSecureRequiredChargeDeclined",
	}
	debits := []string{"pm_usBankAccount_success", "pm_failed_de", "pm_success_de"}
	ids := []string{a.open(t, "").text("id")}
	for range steps {
		id := ids[random.IntN(len(ids))]
		amount := random.IntN(2500)
		switch random.IntN(10) {
		case 0, 1:
			card := cards[random.IntN(len(cards))]
			ids = append(ids, idOf(a.pay(t, card, []string{"", "&capture_method=manual"}[random.IntN(2)])))
		case 2:
			ids = append(ids, idOf(a.debit(t, debits[random.IntN(len(debits))])))
		case 3:
			a.post(t, intentsPath+"/"+id+"/confirm", "payment_method="+cards[random.IntN(len(cards))])
		case 4:
			a.capture(t, id, fmt.Sprint("amount_to_capture=", amount))
		case 5:
			a.refund(t, id, fmt.Sprint("&amount=", amount))
		case 6:
			a.refund(t, id, "")
		case 7:
			a.authenticate(t, id, []string{"succeed", "fail"}[random.IntN(2)])
		case 8:
			if random.IntN(4) == 0 {
				a.cancel(t, id, "")
			}
			a.post(t, intentsPath+"/"+id, fmt.Sprint("amount=", 100+amount))
		default:
			a.Advance([]time.Duration{time.Minute, time.Hour, 20 * time.Hour}[random.IntN(3)])
		}
	}
	a.Advance(9 * 24 * time.Hour)
}

// checkInvariants compares the ledger with every charge and every intent.
func (a api) checkInvariants(t *testing.T) {
	t.Helper()
	sums := map[string]map[sandbox.Movement]int64{}
	for _, e := range a.Ledger() {
		if e.Amount <= 0 {
			t.Errorf("a movement of %d", e.Amount)
		}
		if sums[e.Charge] == nil {
			sums[e.Charge] = map[sandbox.Movement]int64{}
		}
		sums[e.Charge][e.Type] += e.Amount
	}
	charges := a.all(t, chargesPath)
	for _, ch := range charges {
		got := sums[ch.text("id")]
		held := got[sandbox.MovementAuthorize]
		captured := got[sandbox.MovementCharge] + got[sandbox.MovementCapture]
		refunded := got[sandbox.MovementRefund] - got[sandbox.MovementRefundFailed] - got[sandbox.MovementRefundCanceled]
		released := got[sandbox.MovementRelease]
		if held > 0 && got[sandbox.MovementCapture]+released != held {
			t.Errorf("%s: captured %v and released %d of %d", ch.text("id"), got, released, held)
		}
		if refunded < 0 || refunded > captured {
			t.Errorf("%s: refunded %d of %d captured", ch.text("id"), refunded, captured)
		}
		if ch.at("captured") == true && ch.at("paid") == true && ch.at("amount_captured") != float64(captured) {
			t.Errorf("%s: amount_captured %v, the ledger says %d", ch.text("id"), ch.at("amount_captured"), captured)
		}
		if ch.at("amount_refunded") != float64(refunded+released) {
			t.Errorf("%s: amount_refunded %v, the ledger says %d", ch.text("id"), ch.at("amount_refunded"), refunded+released)
		}
		delete(sums, ch.text("id"))
	}
	if len(sums) > 0 {
		t.Errorf("the ledger knows charges that no list has: %v", sums)
	}
	ended := map[string]int{}
	for _, e := range a.events(t) {
		if kind := e["type"]; kind == "payment_intent.succeeded" || kind == "payment_intent.canceled" {
			ended[reply{body: e}.text("data", "object", "id")]++
		}
	}
	for _, pi := range a.all(t, intentsPath) {
		status, want := pi.text("status"), 0
		if status == "succeeded" || status == "canceled" {
			want = 1
		}
		if ended[pi.text("id")] != want {
			t.Errorf("%s is %s with %d final events", pi.text("id"), status, ended[pi.text("id")])
		}
		if status == "requires_capture" || status == "processing" {
			t.Errorf("%s is still %s", pi.text("id"), status)
		}
		if (pi.at("amount_received") != 0.0) != (status == "succeeded") {
			t.Errorf("%s is %s and received %v", pi.text("id"), status, pi.at("amount_received"))
		}
	}
}

// all reads a whole list.
func (a api) all(t *testing.T, path string) []reply {
	t.Helper()
	var found []reply
	query := "limit=100"
	for {
		got := a.get(t, path, query)
		items, _ := got.at("data").([]any)
		for _, item := range items {
			object, _ := item.(map[string]any)
			found = append(found, reply{status: got.status, body: object})
		}
		if got.at("has_more") != true {
			return found
		}
		query = "limit=100&starting_after=" + found[len(found)-1].text("id")
	}
}
