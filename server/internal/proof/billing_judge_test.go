package proof_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// judge decides by Stripe's objects and the ledger what a customer may have. It knows what the test did on purpose.
type judge struct {
	truth *stripe
	// outOfBand and voided are the invoices that the test paid in another way, or took back, itself or by a pause.
	outOfBand, voided map[string]bool
	// waits are the invoices on which a change waited.
	waits map[string]bool
	// seen are the subscriptions as they stood when they were judged last.
	seen map[string]subscriptionAtStripe
}

func newJudge(s *stripe) *judge {
	return &judge{
		truth: s, outOfBand: map[string]bool{}, voided: map[string]bool{}, waits: map[string]bool{},
		seen: map[string]subscriptionAtStripe{},
	}
}

// subscriptionAtStripe is what the judge reads of a subscription, its latest invoice expanded.
type subscriptionAtStripe struct {
	ID                 string
	Status             string
	Items              struct{ Data []itemAtStripe }
	CurrentPeriodStart int64                      `json:"current_period_start"`
	LatestInvoice      *invoiceAtStripe           `json:"latest_invoice"`
	PendingUpdate      *json.RawMessage           `json:"pending_update"`
	PauseCollection    *struct{ Behavior string } `json:"pause_collection"`
	Schedule           *string
}

type itemAtStripe struct {
	Price    struct{ ID string }
	Quantity int64
}

type invoiceAtStripe struct {
	ID            string
	Status        string
	BillingReason string `json:"billing_reason"`
	AmountDue     int64  `json:"amount_due"`
	AmountPaid    int64  `json:"amount_paid"`
	PaidOutOfBand bool   `json:"paid_out_of_band"`
	PaymentIntent string `json:"payment_intent"`
}

// grants is what a subscription gives, in words.
func (s subscriptionAtStripe) grants() string {
	var all []string
	for _, item := range s.Items.Data {
		all = append(all, fmt.Sprintf("%d of %s", item.Quantity, item.Price.ID))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// judges judges a subscription as Tillgate tells it, and returns what became of it.
func (j *judge) judges(t *testing.T, told *paymentsv1.Subscription) (met []string) {
	t.Helper()
	now := j.looksAt(t, told.GetId())
	before, known := j.seen[now.ID]
	j.seen[now.ID] = now
	if now.PendingUpdate != nil {
		j.waits[now.LatestInvoice.ID] = true
	}
	if known && before.PendingUpdate != nil && now.PendingUpdate == nil {
		what := "a pending change was dropped"
		if before.grants() != now.grants() {
			what = "a pending change was paid"
		}
		met = append(met, what)
	}
	if known && before.grants() != now.grants() {
		if why := j.unpaidChange(t, before, now); why != "" {
			t.Errorf("%s went from %s to %s: %s", now.ID, before.grants(), now.grants(), why)
		}
		if before.Schedule != nil && now.CurrentPeriodStart != before.CurrentPeriodStart {
			met = append(met, "a scheduled change came")
		}
	}
	if told.GetAccess().GetLevel() == paymentsv1.AccessLevel_ACCESS_LEVEL_ACTIVE {
		if why := j.unearned(t, before, now); why != "" {
			t.Errorf("access to %s is %s: %s", now.ID, shortAccess(told.GetAccess()), why)
		}
	}
	return met
}

func (j *judge) looksAt(t *testing.T, id string) subscriptionAtStripe {
	t.Helper()
	var now subscriptionAtStripe
	err := j.truth.exchange(http.MethodGet, "/v1/subscriptions/"+id+"?expand[]=latest_invoice", "", nil, &now)
	if err != nil {
		t.Fatal(err)
	}
	return now
}

// unearned is why a customer must not have a subscription, or nothing.
func (j *judge) unearned(t *testing.T, before, now subscriptionAtStripe) string {
	t.Helper()
	if now.Status != "active" && now.Status != "trialing" {
		return "it is " + now.Status
	}
	if now.PendingUpdate != nil || now.LatestInvoice == nil {
		return "" // What is asked for was not given yet; or nothing was ever asked.
	}
	invoice := *now.LatestInvoice
	pausedAsVoid := func(s subscriptionAtStripe) bool {
		return s.PauseCollection != nil && s.PauseCollection.Behavior == "void"
	}
	if invoice.Status == "void" && (pausedAsVoid(before) || pausedAsVoid(now)) {
		j.voided[invoice.ID] = true
	}
	if invoice.Status == "void" && (j.voided[invoice.ID] || j.waits[invoice.ID]) {
		return ""
	}
	return j.unpaid(t, invoice)
}

// unpaid is what an invoice still asks, or nothing.
func (j *judge) unpaid(t *testing.T, invoice invoiceAtStripe) string {
	t.Helper()
	switch {
	case invoice.AmountDue == 0 && invoice.Status != "draft", invoice.PaidOutOfBand && j.outOfBand[invoice.ID]:
		return ""
	case invoice.AmountDue == 0:
		return "" // A draft that asks for nothing.
	case invoice.Status != "paid":
		return fmt.Sprintf("invoice %s asks for %d and is %s", invoice.ID, invoice.AmountDue, invoice.Status)
	}
	if moved := j.moved(t, invoice.PaymentIntent); moved != invoice.AmountDue {
		return fmt.Sprintf("invoice %s asks for %d, %d have moved", invoice.ID, invoice.AmountDue, moved)
	}
	return ""
}

// moved is what was paid by a payment.
func (j *judge) moved(t *testing.T, payment string) int64 {
	t.Helper()
	var sum int64
	for _, entry := range j.truth.wholeLedger(t) {
		if entry.PaymentIntent == payment {
			sum += entry.Paid()
		}
	}
	return sum
}

// unpaidChange is why the items of a subscription must not have changed: what the change asks at once is not paid, in
// money. A change that comes with a period is paid with that.
func (j *judge) unpaidChange(t *testing.T, before, now subscriptionAtStripe) string {
	t.Helper()
	if before.Schedule != nil && now.CurrentPeriodStart != before.CurrentPeriodStart {
		return ""
	}
	for _, invoice := range j.invoices(t, now.ID) {
		if invoice.BillingReason == "subscription_update" {
			return j.unpaid(t, invoice)
		}
	}
	if now.Status == "trialing" || before.Status == "trialing" {
		return ""
	}
	return "no invoice asks for anything"
}

// invoices are those of a subscription, the newest first.
func (j *judge) invoices(t *testing.T, id string) []invoiceAtStripe {
	t.Helper()
	var list struct{ Data []invoiceAtStripe }
	if err := j.truth.exchange(http.MethodGet, "/v1/invoices?limit=100&subscription="+id, "", nil, &list); err != nil {
		t.Fatal(err)
	}
	return list.Data
}

// settles compares at the end what invoices say was paid with how money moved, and asks about each plan.
func (l *life) settles() {
	l.t.Helper()
	type payment struct {
		ID     string
		Amount int64
	}
	var said, moved []payment
	elsewhere := map[string]bool{} // A debit that is on its way may still arrive where the test paid in another way.
	for _, sub := range l.subs {
		for _, invoice := range l.invoices(l.t, sub.GetId()) {
			switch {
			case invoice.PaidOutOfBand:
				elsewhere[invoice.PaymentIntent] = true
			case invoice.Status == "paid" && invoice.AmountDue > 0:
				said = append(said, payment{invoice.PaymentIntent, invoice.AmountPaid})
			}
		}
	}
	for _, entry := range l.truth.wholeLedger(l.t) {
		if entry.Type == sandbox.MovementCharge && !elsewhere[entry.PaymentIntent] {
			moved = append(moved, payment{entry.PaymentIntent, entry.Amount})
		}
	}
	order := func(a, b payment) int { return cmp.Compare(a.ID, b.ID) }
	slices.SortFunc(said, order)
	slices.SortFunc(moved, order)
	if !slices.Equal(said, moved) {
		l.t.Errorf("invoices say that %v was paid; money moved as %v", said, moved)
	}
	for range 2 {
		l.checks(draw(l, l.plans...))
	}
}

// checks asks about a plan: who is told ACTIVE has a subscription to it that is.
func (l *life) checks(plan string) {
	l.t.Helper()
	answer, err := l.CheckAccess(l.t.Context(), &paymentsv1.CheckAccessRequest{
		CustomerId: l.customer, Plan: &paymentsv1.CheckAccessRequest_PlanId{PlanId: plan},
	})
	if err != nil {
		l.t.Fatal(err)
	}
	best := paymentsv1.AccessLevel_ACCESS_LEVEL_BLOCKED
	for _, sub := range l.subs {
		now := l.seen[sub.GetId()]
		has := slices.ContainsFunc(now.Items.Data, func(item itemAtStripe) bool { return item.Price.ID == plan })
		if level := sub.GetAccess().GetLevel(); has && level < best {
			best = level
		}
	}
	if answer.GetAccess().GetLevel() != best {
		l.t.Errorf("CheckAccess of %s says %v, its best subscription %v", plan, answer, best)
	}
}

// wholeLedger is how money moved, whoever caused it.
func (s *stripe) wholeLedger(t *testing.T) []sandbox.LedgerEntry {
	t.Helper()
	var answer struct {
		Entries []sandbox.LedgerEntry `json:"entries"`
	}
	if err := s.exchange(http.MethodGet, "/_sandbox/ledger", "", nil, &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Entries
}
