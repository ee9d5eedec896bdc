package sandbox_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// anticipate asks for the preview of an update, at the time of the customer.
func (a api) anticipate(t *testing.T, sub, change string) reply {
	t.Helper()
	if change != "" {
		change = "&subscription_" + strings.ReplaceAll(change, "&", "&subscription_")
	}
	return a.get(t, upcomingPath, "subscription="+sub+change)
}

// previewed are updates that bill at once. ITEM is the item of the subscription, TEN and YEAR are other prices.
var previewed = []struct {
	name, subscribe, change string
	lines                   []string // what the lines begin with
}{
	{
		"another price", "", "items[0][id]=ITEM&items[0][price]=TEN&proration_behavior=always_invoice",
		[]string{"-1333 Unused time on 2 × Twenty", "333 Remaining time on Ten"},
	},
	{
		"another quantity", "", "items[0][id]=ITEM&items[0][quantity]=5&proration_behavior=always_invoice",
		[]string{"-1333 Unused time on 2 × Twenty", "3333 Remaining time on 5 × Twenty"},
	},
	{
		"one item more", "", "items[0][price]=TEN&proration_behavior=always_invoice",
		[]string{"333 Remaining time on Ten"},
	},
	{
		"one item less", "&items[1][price]=TEN", "items[0][id]=ITEM&items[0][deleted]=true&proration_behavior=always_invoice",
		[]string{"-1333 Unused time on 2 × Twenty"},
	},
	{
		"another interval", "", "items[0][id]=ITEM&items[0][price]=YEAR",
		[]string{"-1333 Unused time on 2 × Twenty", "20000 1 × Year (at $200.00 / year)"},
	},
	{
		"another interval with nothing given back", "", "items[0][id]=ITEM&items[0][price]=YEAR&proration_behavior=none",
		[]string{"20000 1 × Year (at $200.00 / year)"},
	},
	{
		"the cycle anew", "", "billing_cycle_anchor=now",
		[]string{"-1333 Unused time on 2 × Twenty", "4000 2 × Twenty (at $20.00 / month)"},
	},
	{
		"the end of a trial", "&trial_period_days=60", "trial_end=now", []string{"4000 2 × Twenty (at $20.00 / month)"},
	},
	{
		"an end within the period", "", "cancel_at=CUT&proration_behavior=always_invoice",
		[]string{"-667 Unused time on 2 × Twenty"},
	},
	{
		"another price and an end within the period", "",
		"items[0][id]=ITEM&items[0][price]=TEN&cancel_at=CUT&proration_behavior=always_invoice",
		[]string{"-1333 Unused time on 2 × Twenty", "167 Remaining time on Ten"},
	},
	{
		"a date of its own", "", "items[0][id]=ITEM&items[0][price]=TEN&proration_behavior=always_invoice&proration_date=START",
		[]string{"-4000 Unused time on 2 × Twenty", "1000 Remaining time on Ten"},
	},
}

// What a preview shows is what the update bills, line by line, and what is due.
func TestT01_PreviewsOfUpdates(t *testing.T) {
	t.Parallel()
	for _, tt := range previewed {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			clock := a.testClock(t)
			cu := a.payer(t, "pm_card_visa", "test_clock="+clock)
			twenty, ten := a.pricedMonthly(t, "usd", "2000", "Twenty"), a.pricedMonthly(t, "usd", "1000", "Ten")
			year := a.price(t, "unit_amount=20000&recurring[interval]=year&product_data[name]=Year")
			sub := a.post(t, "/v1/subscriptions", "customer="+cu+"&items[0][price]="+twenty+"&items[0][quantity]=2"+
				strings.ReplaceAll(tt.subscribe, "TEN", ten))
			sub.want(t, 200, nil)
			items, _ := sub.at("items", "data").([]any)
			item, _ := items[0].(map[string]any)
			a.advance(t, clock, start.Add(start.AddDate(0, 1, 0).Sub(start)*2/3)) // a third of the month is left
			before := a.get(t, invoicesPath, "subscription="+sub.text("id")).raw
			cut := start.Add(start.AddDate(0, 1, 0).Sub(start) * 5 / 6)
			change := strings.NewReplacer("ITEM", fmt.Sprint(item["id"]), "TEN", ten, "YEAR", year,
				"START", strconv.FormatInt(start.Unix(), 10), "CUT", strconv.FormatInt(cut.Unix(), 10)).Replace(tt.change)
			preview := a.anticipate(t, sub.text("id"), change)
			preview.want(t, 200, map[string]any{"billing_reason": "upcoming", "status": "draft", "number": nil})
			if a.get(t, invoicesPath, "subscription="+sub.text("id")).raw != before {
				t.Error("the preview left something behind")
			}
			after := a.post(t, "/v1/subscriptions/"+sub.text("id"), change+"&expand[]=latest_invoice")
			after.want(t, 200, map[string]any{"latest_invoice.billing_reason": "subscription_update"})
			got := after.lines("latest_invoice", "lines", "data")
			if d := cmp.Diff(preview.lines("lines", "data"), got); d != "" {
				t.Errorf("previewed, billed: %s", d)
			}
			if len(got) != len(tt.lines) {
				t.Fatalf("lines: %v", got)
			}
			for i, line := range got {
				if !strings.HasPrefix(line, tt.lines[i]) {
					t.Errorf("line %d is %s, want %s", i, line, tt.lines[i])
				}
			}
			for _, name := range []string{"amount_due", "total", "starting_balance"} {
				if preview.at(name) != after.at("latest_invoice", name) {
					t.Errorf("%s: previewed %v, billed %v", name, preview.at(name), after.at("latest_invoice", name))
				}
			}
		})
	}
}

// An end within the next period gives back what that bills too much, in the preview and on the invoice.
func TestT01_PreviewOfAnEndInTheNextPeriod(t *testing.T) {
	t.Parallel()
	a := newAPI()
	clock := a.testClock(t)
	cu := a.payer(t, "pm_card_visa", "test_clock="+clock)
	price := a.pricedMonthly(t, "usd", "3000", "Gold")
	sub := a.post(t, "/v1/subscriptions", "customer="+cu+"&items[0][price]="+price).text("id")
	renewal := start.AddDate(0, 1, 0)
	change := fmt.Sprintf("cancel_at=%d", renewal.AddDate(0, 0, 10).Unix()) // of 30 days
	want := []string{"-2000 Unused time on Gold", "3000 1 × Gold"}
	previews := [][]string{a.anticipate(t, sub, change).lines("lines", "data")}
	a.post(t, "/v1/subscriptions/"+sub, change).want(t, 200, nil)
	previews = append(previews, a.anticipate(t, sub, "").lines("lines", "data"))
	a.advance(t, clock, renewal.Add(time.Minute))
	latest := a.get(t, "/v1/subscriptions/"+sub, "expand[]=latest_invoice")
	latest.want(t, 200, map[string]any{"latest_invoice.total": 1000})
	billed := latest.lines("latest_invoice", "lines", "data")
	for _, preview := range previews {
		if d := cmp.Diff(preview, billed); d != "" {
			t.Errorf("previewed, billed: %s", d)
		}
	}
	for i, line := range want {
		if len(billed) != len(want) || !strings.HasPrefix(billed[i], line) {
			t.Errorf("lines: %v", billed)
		}
	}
}

// A period that begins before the anchor is billed for its part, and given back for its part.
func TestT01_StubPeriod(t *testing.T) {
	t.Parallel()
	a := newAPI()
	clock := a.testClock(t)
	cu := a.payer(t, "pm_card_visa", "test_clock="+clock)
	price := a.pricedMonthly(t, "usd", "3100", "Gold")
	anchor := start.AddDate(0, 0, 10) // the month before it, from 24 February to 24 March, has 28 days
	sub := a.post(t, "/v1/subscriptions", fmt.Sprintf("customer=%s&items[0][price]=%s&billing_cycle_anchor=%d&"+
		"expand[]=latest_invoice", cu, price, anchor.Unix()))
	sub.want(t, 200, map[string]any{"latest_invoice.total": 1107, "current_period_end": int(anchor.Unix())})
	items, _ := sub.at("items", "data").([]any)
	item, _ := items[0].(map[string]any)
	a.advance(t, clock, start.AddDate(0, 0, 5))
	preview := a.anticipate(t, sub.text("id"), fmt.Sprintf("items[0][id]=%v&items[0][quantity]=2", item["id"]))
	for i, want := range []string{"-554 Unused", "1107 Remaining", "6200 2 × Gold"} {
		if got := preview.lines("lines", "data"); len(got) != 3 || !strings.HasPrefix(got[i], want) {
			t.Errorf("lines: %v, want %s", got, want)
		}
	}
}

// Nothing is upcoming for a subscription that ends, unless something waits for it.
func TestT01_NothingUpcoming(t *testing.T) {
	t.Parallel()
	a := newAPI()
	cu := a.payer(t, "pm_card_visa", "")
	price := a.pricedMonthly(t, "usd", "2000", "Gold")
	sub := a.post(t, "/v1/subscriptions", "customer="+cu+"&items[0][price]="+price).text("id")
	a.anticipate(t, sub, "").want(t, 200, map[string]any{
		"total": 2000, "period_start": int(start.Unix()), "period_end": int(start.AddDate(0, 1, 0).Unix()),
		"next_payment_attempt": int(start.AddDate(0, 1, 0).Add(time.Hour).Unix()),
	})
	none := map[string]any{"error.code": "invoice_upcoming_none"}
	a.anticipate(t, sub, "cancel_at_period_end=true").want(t, 404, none)
	a.post(t, "/v1/subscriptions/"+sub, "cancel_at_period_end=true").want(t, 200, nil)
	a.anticipate(t, sub, "").want(t, 404, none)
	a.post(t, itemsPath, "customer="+cu+"&amount=700&currency=usd&subscription="+sub).want(t, 200, nil)
	a.anticipate(t, sub, "").want(t, 200, map[string]any{"total": 700})
}
