package sandbox_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
)

const upcomingPath = invoicesPath + "/upcoming"

// pricedMonthly makes a price a month of an amount in a currency.
func (a api) pricedMonthly(t *testing.T, currency, amount, name string) string {
	t.Helper()
	return a.price(t, "currency="+currency+"&unit_amount="+amount+"&recurring[interval]=month&product_data[name]="+name)
}

// lines are what a list of lines says of each, in one text that can be compared.
func (r reply) lines(path ...string) []string {
	items, _ := r.at(path...).([]any)
	texts := []string{}
	for _, item := range items {
		line, _ := item.(map[string]any)
		one := reply{body: line}
		texts = append(texts, fmt.Sprintf("%v %v x%v %v-%v %v", one.at("amount"), one.at("description"), one.at("quantity"),
			one.at("period", "start"), one.at("period", "end"), one.at("proration")))
	}
	return texts
}

// The example of docs.stripe.com/billing/subscriptions/prorations: from 100 to 200 in the middle of a month makes a
// next invoice of 250, and so does the preview.
func TestT01_ProrationInTheMiddleOfAMonth(t *testing.T) {
	t.Parallel()
	a := newAPI()
	clock := a.testClock(t)
	cu := a.payer(t, "pm_card_visa", "test_clock="+clock)
	small, large := a.pricedMonthly(t, "usd", "10000", "Small"), a.pricedMonthly(t, "usd", "20000", "Large")
	sub := a.post(t, "/v1/subscriptions", "customer="+cu+"&items[0][price]="+small)
	sub.want(t, 200, map[string]any{"status": "active"})
	first := a.get(t, invoicesPath+"/"+sub.text("latest_invoice"), "")
	first.want(t, 200, map[string]any{
		"status": "paid", "total": 10000, "billing_reason": "subscription_create", "test_clock": clock,
		"subscription": sub.text("id"),
	})
	if got := first.lines("lines", "data"); !strings.Contains(got[0], "1 × Small (at $100.00 / month)") {
		t.Errorf("lines: %v", got)
	}
	items, _ := sub.at("items", "data").([]any)
	item, _ := items[0].(map[string]any)
	end, _ := sub.at("current_period_end").(float64)
	middle := start.Add(time.Unix(int64(end), 0).Sub(start) / 2)
	a.advance(t, clock, middle)

	change := fmt.Sprintf("items[0][id]=%v&items[0][price]=%s", item["id"], large)
	preview := a.get(t, upcomingPath, "subscription="+sub.text("id")+"&subscription_"+strings.ReplaceAll(change, "&", "&subscription_"))
	preview.want(t, 200, map[string]any{
		"total": 25000, "amount_due": 25000, "subscription_proration_date": int(middle.Unix()), "id": nil,
		"billing_reason": "upcoming", "subscription": sub.text("id"),
	})
	a.post(t, "/v1/subscriptions/"+sub.text("id"), change).want(t, 200, map[string]any{"status": "active"})
	again := a.get(t, upcomingPath, "customer="+cu)
	again.want(t, 200, map[string]any{"total": 25000})
	a.advance(t, clock, time.Unix(int64(end), 0).Add(2*time.Hour))
	list := a.get(t, invoicesPath, "subscription="+sub.text("id")+"&limit=1")
	invoices, _ := list.at("data").([]any)
	newest, _ := invoices[0].(map[string]any)
	renewal := reply{body: newest}
	if renewal.at("total") != 25000.0 || renewal.at("status") != "paid" || renewal.at("billing_reason") != "subscription_cycle" {
		t.Errorf("renewal: %v", renewal.body)
	}
	day := middle.Format("02 Jan 2006")
	for i, want := range []string{
		"-5000 Unused time on Small after " + day, "10000 Remaining time on Large after " + day,
		"20000 1 × Large (at $200.00 / month)",
	} {
		for kind, lines := range map[string][]string{
			"preview": preview.lines("lines", "data"), "upcoming": again.lines("lines", "data"),
			"renewal": renewal.lines("lines", "data"),
		} {
			if len(lines) != 3 || !strings.HasPrefix(lines[i], want) {
				t.Errorf("%s: %v", kind, lines)
			}
		}
	}
	billed, _ := renewal.at("lines", "data").([]any)
	credit, _ := billed[0].(map[string]any)
	if got := (reply{body: credit}).text("proration_details", "credited_items", "invoice"); got != first.text("id") {
		t.Errorf("the credit gives back %q, want %s", got, first.text("id"))
	}
}

// oracle reckons what a change bills, apart from the sandbox: amounts by the second, each line rounded to the nearest
// unit with halves away from zero: to the nearest ten in a currency of thousandths, which no network carries.
func oracle(currency string, unit, quantity, left, whole int64) int64 {
	least := int64(1)
	if currency == "kwd" {
		least = 10
	}
	exact := new(big.Rat).SetFrac(new(big.Int).Mul(big.NewInt(unit*quantity), big.NewInt(left)), big.NewInt(whole*least))
	text := exact.FloatString(0) // math/big rounds halves away from zero
	n, _ := new(big.Int).SetString(text, 10)
	return n.Int64() * least
}

// Many changes at random times: the preview, the invoice and the oracle agree to the last unit.
func TestT01_PreviewIsWhatTheChangeBills(t *testing.T) {
	t.Parallel()
	for i := range 40 {
		random := rand.New(rand.NewPCG(7, uint64(i)))
		currency := []string{"usd", "jpy", "kwd"}[random.IntN(3)]
		behavior := []string{"always_invoice", "create_prorations"}[random.IntN(2)]
		a := newAPI()
		clock := a.testClock(t)
		cu := a.payer(t, "pm_card_visa", "test_clock="+clock)
		units := []int64{10 * (10 + random.Int64N(900)), 10 * (10 + random.Int64N(900)), 10 * (10 + random.Int64N(9000))}
		prices := make([]string, len(units))
		for n, unit := range units {
			prices[n] = a.pricedMonthly(t, currency, strconv.FormatInt(unit, 10), "Plan")
		}
		at, quantity, plan := start, 1+random.Int64N(5), random.IntN(len(prices))
		sub := a.post(t, "/v1/subscriptions", fmt.Sprintf("customer=%s&items[0][price]=%s&items[0][quantity]=%d", cu,
			prices[plan], quantity))
		sub.want(t, 200, map[string]any{"status": "active"})
		items, _ := sub.at("items", "data").([]any)
		item, _ := items[0].(map[string]any)
		end, _ := sub.at("current_period_end").(float64)
		whole := int64(end) - start.Unix()
		var pending []string
		for range 1 + random.IntN(4) {
			at = at.Add(time.Duration(1+random.Int64N((int64(end)-at.Unix())/2)) * time.Second)
			a.advance(t, clock, at)
			left := int64(end) - at.Unix()
			nextPlan, nextQuantity := random.IntN(len(prices)), 1+random.Int64N(5)
			if nextPlan == plan && nextQuantity == quantity {
				continue
			}
			change := fmt.Sprintf("items[0][id]=%v&items[0][price]=%s&items[0][quantity]=%d&proration_behavior=%s&proration_date=%d",
				item["id"], prices[nextPlan], nextQuantity, behavior, at.Unix())
			preview := a.get(t, upcomingPath, "subscription="+sub.text("id")+"&subscription_"+
				strings.ReplaceAll(change, "&", "&subscription_"))
			preview.want(t, 200, nil)
			changed := a.post(t, "/v1/subscriptions/"+sub.text("id"), change+"&expand[]=latest_invoice")
			changed.want(t, 200, nil)
			credit := -oracle(currency, units[plan], quantity, left, whole)
			debit := oracle(currency, units[nextPlan], nextQuantity, left, whole)
			wantCredit, wantDebit := fmt.Sprintf("%d ", credit), fmt.Sprintf("%d ", debit)
			previewed := preview.lines("lines", "data")
			if behavior == "always_invoice" {
				billed := changed.lines("latest_invoice", "lines", "data")
				if fmt.Sprint(previewed) != fmt.Sprint(billed) {
					t.Fatalf("sequence %d: previewed %v, billed %v", i, previewed, billed)
				}
				changed.want(t, 200, map[string]any{
					"latest_invoice.billing_reason": "subscription_update", "latest_invoice.total": int(credit + debit),
				})
				if preview.at("amount_due") != changed.at("latest_invoice", "amount_due") {
					t.Fatalf("sequence %d: previewed %v, due %v", i, preview.at("amount_due"), changed.at("latest_invoice", "amount_due"))
				}
			} else {
				pending = append(previewed[:2:2], pending...)
				upcoming := a.get(t, upcomingPath, "subscription="+sub.text("id"))
				if got := upcoming.lines("lines", "data"); fmt.Sprint(got[:min(len(got), len(pending))]) != fmt.Sprint(pending) &&
					len(pending) < 10 {
					t.Fatalf("sequence %d: previewed %v, pending %v", i, pending, got)
				}
			}
			if !strings.HasPrefix(previewed[0], wantCredit) || !strings.HasPrefix(previewed[1], wantDebit) {
				t.Fatalf("sequence %d: previewed %v, want %s and %s", i, previewed, wantCredit, wantDebit)
			}
			plan, quantity = nextPlan, nextQuantity
		}
	}
}
