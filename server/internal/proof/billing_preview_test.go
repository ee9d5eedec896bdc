package proof_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

const (
	fewChanges     = 1000
	allChanges     = 20_000
	changesOfOne   = 8
	mostOfOnePlan  = 12
	currencyOfLife = 4
)

// tills are the currencies of these changes: of 2, 0 and 3 decimals.
var tills = [currencyOfLife]struct {
	code        string
	least, unit int64
}{{"usd", 50, 1}, {"eur", 50, 1}, {"jpy", 50, 1}, {"kwd", 0, 10}}

// paces are how often plans are charged.
var paces = []pace{{"day", 1}, {"day", 10}, {"week", 1}, {"week", 2}, {"month", 1}, {"month", 1}, {"month", 3}, {"year", 1}}

// What PreviewPlanChange says, what the invoice asks that ChangePlan then makes, and what an oracle reckons agree to the
// minor unit, whatever is changed, whenever, and however often in one period.
func TestPreviewInvoiceAndOracleAgree(t *testing.T) {
	t.Parallel()
	first, n := uint64(1), drawn(fewChanges, allChanges)/changesOfOne
	if *seeds > 0 {
		n = *seeds
	}
	if *seed > 0 {
		first, n = *seed, max(*seeds, 1)
	}
	var next, met atomic.Uint64
	t.Cleanup(func() {
		if t.Logf("%d changes agree", met.Load()); met.Load() < fewChanges/2 && n >= fewChanges/changesOfOne {
			t.Errorf("only %d changes were made", met.Load())
		}
	})
	for worker := range simWorkers {
		t.Run(strconv.Itoa(worker), func(t *testing.T) {
			t.Parallel()
			s := newStreet(t)
			for !t.Failed() {
				i := next.Add(1) - 1
				if i >= uint64(n) {
					return
				}
				met.Add(s.reckons(t, first+i))
			}
		})
	}
}

// reckoner changes a subscription again and again, and reckons beside it.
type reckoner struct {
	*buyer
	*oracle

	t      *testing.T
	random *rand.Rand
	sub    *paymentsv1.Subscription
	// menu are the plans: the first half is of one pace, the second of another.
	menu  []cost
	lines []string
	met   uint64
}

// reckons runs the changes of a seed, and returns how many were made.
func (s *street) reckons(t *testing.T, seed uint64) uint64 {
	t.Helper()
	h := s.newHouse(t, seed)
	r := &reckoner{t: t, random: rand.New(rand.NewPCG(seed, 7)), oracle: &oracle{items: map[string]cost{}}}
	defer func() {
		if t.Failed() {
			t.Logf("seed %d:\n%s\nagain: go test ./server/internal/proof -run 'TestPreviewInvoiceAndOracleAgree$' -seed %d", seed,
				strings.Join(r.notes(), "\n"), seed)
		}
	}()
	till := tills[r.random.IntN(len(tills))]
	r.least, r.unit = till.least, till.unit
	for i := range mostOfOnePlan {
		p := paces[(int(seed)+i*2/mostOfOnePlan*3)%len(paces)]
		price := int64(500+r.random.IntN(30_000)) * r.unit
		id := h.stripe.make(t, "/v1/prices", "currency", till.code, "unit_amount", strconv.FormatInt(price, 10), "product_data[name]", "P",
			"recurring[interval]", p.interval, "recurring[interval_count]", strconv.Itoa(p.count))
		r.menu = append(r.menu, cost{plan: id, price: price, pace: p})
	}
	// Four years, of which one is a leap year; each hour and second of them.
	start := time.Date(2023, time.January, 1, 0, 0, 0, 0, time.UTC).Add(
		time.Duration(r.random.IntN(4*365*24*3600)) * time.Second)
	r.buyer = newBuyer(t, h.tillgate, h.stripe, fmt.Sprint("reckoner-", seed), goodCard, start)
	r.note("%s, %s", till.code, start.Format(time.RFC3339))
	r.subscribe()
	for range changesOfOne {
		r.advance()
		if r.random.IntN(6) == 0 {
			r.changeAtPeriodEnd()
		} else {
			r.change()
		}
		if t.Failed() {
			break
		}
	}
	return r.met
}

func (r *reckoner) note(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

func (r *reckoner) notes() []string { return r.lines }

// plansOf are the plans of one pace.
func (r *reckoner) plansOf(p pace) []cost {
	return slices.DeleteFunc(slices.Clone(r.menu), func(c cost) bool { return c.pace != p })
}

func (r *reckoner) subscribe() {
	req := &paymentsv1.CreateSubscriptionRequest{}
	same := r.plansOf(r.menu[r.random.IntN(len(r.menu))].pace)
	chosen := map[string]cost{}
	for _, i := range r.random.Perm(len(same))[:1+r.random.IntN(3)] {
		one := same[i]
		one.quantity = int64(1 + r.random.IntN(4))
		chosen[one.plan] = one
		req.Items = append(req.Items, &paymentsv1.NewSubscriptionItem{PlanId: one.plan, Quantity: new(one.quantity)})
	}
	days := 0
	if r.random.IntN(6) == 0 {
		days = 1 + r.random.IntN(20)
		req.Trial = &paymentsv1.CreateSubscriptionRequest_TrialDays{TrialDays: int32(days)}
	}
	r.sub = r.subscribes(r.t, req)
	for _, item := range r.sub.GetItems() {
		r.items[item.GetId()] = chosen[item.GetPlan().GetId()]
	}
	r.begins(r.now, days)
	r.note("subscribes to %v, trial %d, until %s", r.items, days, r.end.Format(time.RFC3339))
	r.checksPeriod()
}

// checksPeriod compares the period with the oracle's.
func (r *reckoner) checksPeriod() {
	r.t.Helper()
	start, end := r.sub.GetCurrentPeriodStartTime().AsTime(), r.sub.GetCurrentPeriodEndTime().AsTime()
	if !start.Equal(r.start) || !end.Equal(r.end) {
		r.t.Fatalf("the period is %s to %s, want %s to %s", start, end, r.start, r.end)
	}
}

// advance lets no time pass, a part of the period, or goes on into the next one.
func (r *reckoner) advance() {
	left := r.end.Sub(r.now)
	switch roll := r.random.IntN(8); {
	case roll == 0 || left < 4*time.Hour && roll < 6:
		return
	case roll < 6:
		r.goes(r.now.Add(time.Duration(1+r.random.IntN(int((left-3*time.Hour)/time.Second))) * time.Second))
	default:
		r.renew()
	}
	r.note("it is %s", r.now.Format(time.RFC3339))
}

// goes reaches a time, in as many steps as it takes: a clock goes two intervals at once.
func (r *reckoner) goes(to time.Time) {
	days := map[string]int{"day": 2, "week": 14, "month": 56, "year": 700}[r.pace.interval] * r.pace.count
	for most := time.Duration(days) * day; to.Sub(r.now) > most; {
		r.passes(r.t, most)
	}
	r.reaches(r.t, to)
}

// renew goes two hours into the next period, when that is paid.
func (r *reckoner) renew() {
	r.goes(r.end.Add(2 * time.Hour))
	want := r.renews()
	r.sub = r.reads(r.t, r.sub.GetId())
	r.checksPeriod()
	r.agrees("the invoice of the new period", want, r.invoice())
}

// invoice is the latest one, with all its lines.
func (r *reckoner) invoice() *paymentsv1.Invoice {
	r.t.Helper()
	latest := r.sub.GetLatestInvoice()
	if latest.GetMoreLines() || r.random.IntN(8) == 0 {
		read, err := r.GetInvoice(r.t.Context(), &paymentsv1.GetInvoiceRequest{InvoiceId: latest.GetId()})
		if err != nil {
			r.t.Fatal(err)
		}
		latest = read.GetInvoice()
	}
	if latest.GetState() != paymentsv1.InvoiceState_INVOICE_STATE_PAID {
		r.t.Fatalf("the invoice is not paid: %v", latest)
	}
	return latest
}

// agrees compares an invoice with a bill.
func (r *reckoner) agrees(what string, want bill, invoice *paymentsv1.Invoice) {
	r.t.Helper()
	got := bill{Total: invoice.GetTotal().GetMinorUnits(), Due: invoice.GetAmountDue().GetMinorUnits()}
	for _, line := range invoice.GetLines() {
		if amount := line.GetAmount().GetMinorUnits(); amount != 0 {
			got.Lines = append(got.Lines, amount)
		}
	}
	slices.Sort(got.Lines)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		r.t.Fatalf("%s differs from the oracle (-oracle +invoice):\n%s\n%v", what, diff, invoice)
	}
}

// mixed is what the items become, and what to ask for that.
func (r *reckoner) mixed() (items map[string]cost, changes []*paymentsv1.ItemChange, added []*paymentsv1.NewSubscriptionItem) {
	items = maps.Clone(r.items)
	ids := slices.Sorted(maps.Keys(items))
	id := ids[r.random.IntN(len(ids))]
	one := items[id]
	free := slices.DeleteFunc(r.plansOf(r.pace), func(c cost) bool {
		return slices.ContainsFunc(slices.Collect(maps.Values(items)), func(has cost) bool { return has.plan == c.plan })
	})
	switch roll := r.random.IntN(10); {
	case roll < 2 || len(free) == 0 && roll < 9:
		one.quantity += int64(1 + r.random.IntN(3))
		if one.quantity > 6 {
			one.quantity = 1
		}
		items[id] = one
		changes = append(changes, &paymentsv1.ItemChange{ItemId: id, Quantity: new(one.quantity)})
	case roll < 6:
		other := free[r.random.IntN(len(free))]
		other.quantity = one.quantity
		change := &paymentsv1.ItemChange{ItemId: id, PlanId: other.plan}
		if r.random.IntN(2) == 0 {
			other.quantity = int64(1 + r.random.IntN(5))
			change.Quantity = new(other.quantity)
		}
		items[id] = other
		changes = append(changes, change)
	case roll < 7 && len(items) > 1:
		delete(items, id)
		changes = append(changes, &paymentsv1.ItemChange{ItemId: id, Remove: true})
	case roll < 8:
		other := free[r.random.IntN(len(free))]
		other.quantity = int64(1 + r.random.IntN(3))
		items["new"] = other
		added = append(added, &paymentsv1.NewSubscriptionItem{PlanId: other.plan, Quantity: new(other.quantity)})
	default:
		// Another pace: every item must change.
		others := slices.DeleteFunc(slices.Clone(r.menu), func(c cost) bool { return c.pace == r.pace })
		for i, id := range ids {
			other := others[i]
			other.quantity = items[id].quantity
			items[id] = other
			changes = append(changes, &paymentsv1.ItemChange{ItemId: id, PlanId: other.plan})
		}
	}
	return items, changes, added
}

// change previews a change, makes it, and compares both with the oracle.
func (r *reckoner) change() {
	r.t.Helper()
	items, changes, added := r.mixed()
	r.note("changes %v, adds %v", changes, added)
	preview, err := r.PreviewPlanChange(r.t.Context(), &paymentsv1.PreviewPlanChangeRequest{
		SubscriptionId: r.sub.GetId(), Changes: changes, NewItems: added,
	})
	if err != nil {
		r.t.Fatalf("preview: %v", err)
	}
	if when := preview.GetProrationTime(); when == nil && !r.trial || when != nil && !when.AsTime().Equal(r.now) {
		r.t.Fatalf("the preview is for %v, it is %s", when, r.now)
	}
	before := r.pace
	want := r.changes(r.now, items)
	r.agrees("the preview", want, preview.GetInvoice())
	if preview.GetAmountDue().GetMinorUnits() != want.Due || preview.GetNotSecured() {
		r.t.Fatalf("the preview says %v, want %d", preview, want.Due)
	}
	if r.random.IntN(4) == 0 && !r.trial && r.pace == before {
		// A while later it still costs the same; but where a new period begins, it begins then.
		r.passes(r.t, time.Duration(1+r.random.IntN(60))*time.Second)
	}
	latest := r.sub.GetLatestInvoice().GetId()
	changed, err := r.ChangePlan(r.t.Context(), &paymentsv1.ChangePlanRequest{
		IdempotencyKey: r.key(), SubscriptionId: r.sub.GetId(), Changes: changes, NewItems: added,
		ProrationTime: preview.GetProrationTime(), ExpectedAmountDue: preview.GetAmountDue(),
	})
	if err != nil {
		r.t.Fatalf("change: %v", err)
	}
	r.sub = changed.GetSubscription()
	r.named()
	r.checksPeriod()
	if len(want.Lines) > 0 || r.sub.GetLatestInvoice().GetId() != latest {
		r.agrees("the invoice", want, r.invoice())
	}
	r.met++
}

// named gives the item that was added its id.
func (r *reckoner) named() {
	added, ok := r.items["new"]
	if !ok {
		return
	}
	delete(r.items, "new")
	for _, item := range r.sub.GetItems() {
		if _, known := r.items[item.GetId()]; !known {
			r.items[item.GetId()] = added
		}
	}
}

// changeAtPeriodEnd previews a change with the next period, makes it, and compares what the period then costs.
func (r *reckoner) changeAtPeriodEnd() {
	r.t.Helper()
	items, changes, added := r.mixed()
	r.note("changes %v, adds %v at the period's end", changes, added)
	preview, err := r.PreviewPlanChange(r.t.Context(), &paymentsv1.PreviewPlanChangeRequest{
		SubscriptionId: r.sub.GetId(), Changes: changes, NewItems: added, Timing: paymentsv1.ChangeTiming_CHANGE_TIMING_PERIOD_END,
	})
	if err != nil {
		r.t.Fatalf("preview: %v", err)
	}
	_, err = r.ChangePlan(r.t.Context(), &paymentsv1.ChangePlanRequest{
		IdempotencyKey: r.key(), SubscriptionId: r.sub.GetId(), Changes: changes, NewItems: added,
		Timing: paymentsv1.ChangeTiming_CHANGE_TIMING_PERIOD_END,
	})
	if err != nil {
		r.t.Fatalf("change: %v", err)
	}
	r.goes(r.end.Add(2 * time.Hour))
	r.items = items
	if other := r.anyItem().pace; other != r.pace {
		r.pace, r.anchor = other, r.end
	}
	want := r.renews()
	r.sub = r.reads(r.t, r.sub.GetId())
	r.named()
	r.agrees("the preview", want, preview.GetInvoice())
	r.checksPeriod()
	r.agrees("the invoice of the new period", want, r.invoice())
	r.met++
}
