package proof_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

const (
	fewLives  = 1000
	allLives  = 50_000
	lifeSteps = 8
)

// Whatever customers do, and whatever becomes of their payments: `access` is never ACTIVE on a plan before what its
// latest invoice asks is paid, and no plan is granted by ChangePlan before the change is paid. The judge looks at
// Stripe's objects and the ledger, and knows nothing of how we compute access.
func TestAccessIsPaidFor(t *testing.T) {
	t.Parallel()
	first, n := uint64(1), drawn(fewLives, allLives)
	if *seeds > 0 {
		n = *seeds
	}
	if *seed > 0 {
		first, n = *seed, max(*seeds, 1)
	}
	var next atomic.Uint64
	var mu sync.Mutex
	met := map[string]int{}
	start := time.Now()
	t.Cleanup(func() {
		t.Logf("%d lives, %.0f a second: %s", n, float64(n)/time.Since(start).Seconds(), summary(t, met))
		for _, what := range mustBeMet {
			if met[what] == 0 && n >= fewLives && !t.Failed() {
				t.Errorf("%q was not met: it proves nothing", what)
			}
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
				l := s.live(t, first+i)
				mu.Lock()
				for what, times := range l.met {
					met[what] += times
				}
				mu.Unlock()
			}
		})
	}
}

// mustBeMet are the moments that the property is about.
var mustBeMet = []string{
	"subscribe: ok", "subscribe: PAYMENT_DECLINED", "subscribe: AUTHENTICATION_REQUIRED", "change now: ok",
	"change now: granted", "change now: waits for its payment", "a pending change was paid", "a pending change was dropped",
	"change now: UPGRADE_NOT_SECURED", "change now: CHANGE_PENDING", "change at the period's end: ok",
	"a scheduled change came", "authenticate: succeed", "authenticate: fail", "pay: ok", "pay: PAYMENT_DECLINED", "void: ok",
	"finalize: ok", "pause: ok", "resume: ok", "cancel: ok", "update: ok",
	"access ACTIVE PAID", "access ACTIVE TRIAL", "access GRACE PAYMENT_PROCESSING", "access GRACE PAYMENT_ACTION_REQUIRED",
	"access GRACE PAYMENT_FAILED", "access GRACE INVOICE_OPEN", "access GRACE INVOICE_UNCOLLECTIBLE", "access BLOCKED ENDED",
	"access BLOCKED FIRST_PAYMENT_MISSING",
}

func summary(t *testing.T, met map[string]int) string {
	t.Helper()
	text, err := json.Marshal(met)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A failing seed is worth something only if it fails again.
func TestAccessIsPaidForReplaysTheSame(t *testing.T) {
	t.Parallel()
	for i := range uint64(size(5, 50)) {
		once, twice := newStreet(t).live(t, 9000+i), newStreet(t).live(t, 9000+i)
		if diff := cmp.Diff(once.lines, twice.lines); diff != "" {
			t.Fatalf("seed %d, first and second time:\n%s", 9000+i, diff)
		}
	}
}

// life is what one customer does, and what becomes of it.
type life struct {
	*buyer
	*judge

	t      *testing.T
	random *rand.Rand
	// plans are of one currency; the first ones are monthly, the last is yearly.
	plans   []string
	methods []string
	// subs are all subscriptions that were made, as they were seen last.
	subs []*paymentsv1.Subscription
	// most is how many there can be.
	most int
	// touched are the ids of those that a step can have changed.
	touched []string
	// told is the subscription as the last answer had it, if that had one.
	told  *paymentsv1.Subscription
	lines []string
	met   map[string]int
}

// live lives the life of a seed.
func (s *street) live(t *testing.T, seed uint64) *life {
	t.Helper()
	h := s.newHouse(t, seed)
	l := &life{t: t, random: rand.New(rand.NewPCG(seed, 6)), met: map[string]int{}}
	l.judge = newJudge(h.stripe)
	defer func() {
		if t.Failed() {
			t.Logf("seed %d:\n%s\nagain: go test ./server/internal/proof -run 'TestAccessIsPaidFor$' -seed %d -v", seed,
				strings.Join(l.lines, "\n"), seed)
		}
	}()
	for _, price := range [][2]string{
		{"1000", "month"}, {"3000", "month"}, {"9000", "month"}, {"0", "month"}, {"20000", "year"},
	} {
		l.plans = append(l.plans, h.stripe.make(t, "/v1/prices", "currency", "usd", "unit_amount", price[0],
			"recurring[interval]", price[1], "product_data[name]", "Plan of "+price[0]))
	}
	start := houseTime.Add(time.Duration(l.random.IntN(366*24*3600)) * time.Second)
	first := l.pickMethod()
	l.most = 1 + l.random.IntN(3)/2
	l.buyer = newBuyer(t, h.tillgate, h.stripe, fmt.Sprint("life-", seed), "", start)
	if first != "" {
		l.methods = append(l.methods, l.has(t, first))
		l.prefers(t, l.methods[0])
	}
	l.note("begins at %s with %q", start.Format(time.RFC3339), first)
	for n := range lifeSteps {
		l.touched, l.told = nil, nil
		l.step()
		for i, sub := range l.subs {
			if slices.Contains(l.touched, sub.GetId()) || n == lifeSteps-1 {
				l.looks(i)
			}
		}
		if t.Failed() {
			break
		}
	}
	if !t.Failed() {
		l.settles()
	}
	return l
}

// pickMethod is a method, by lot; empty for none.
func (l *life) pickMethod() string {
	return []string{
		goodCard, goodCard, goodCard, goodCard, failingCard, failingCard, asksAlways, asksAlways, asksOnSetup, goodAccount,
		emptyAccount, "",
	}[l.random.IntN(12)]
}

// note writes down what happened.
func (l *life) note(format string, args ...any) {
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

// hears notes what a caller was told, which must be something that callers can be told.
func (l *life) hears(what string, err error) bool {
	l.t.Helper()
	heard := reply{err: err}
	said := "ok"
	if err != nil {
		said = apierr.ShortReason(heard.reason())
	}
	l.met[what+": "+said]++
	l.note("%s: %s", what, said)
	switch heard.reason() {
	case paymentsv1.ErrorReason_ERROR_REASON_INVALID_FIELD, paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE,
		paymentsv1.ErrorReason_ERROR_REASON_UPGRADE_NOT_SECURED, paymentsv1.ErrorReason_ERROR_REASON_CHANGE_PENDING,
		paymentsv1.ErrorReason_ERROR_REASON_PREVIEW_STALE:
		// Most of these did nothing: it is looked at now and then.
		if l.random.IntN(4) > 0 {
			l.touched = nil
		}
	case paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_METHOD_REQUIRED, paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_DECLINED,
		paymentsv1.ErrorReason_ERROR_REASON_AUTHENTICATION_REQUIRED:
	default:
		if err != nil {
			l.t.Errorf("%s was answered with %v", what, err)
		}
	}
	return err == nil
}

// hearsOf is hears for an answer with a subscription, which is mostly taken for what it is, and now and then read again.
func (l *life) hearsOf(what string, told *paymentsv1.Subscription, err error) bool {
	l.t.Helper()
	if l.random.IntN(4) > 0 {
		l.told = told
	}
	return l.hears(what, err)
}

// looks lets the judge judge a subscription as it was told last.
func (l *life) looks(i int) {
	l.t.Helper()
	before := l.subs[i]
	now := l.told
	if now.GetId() != before.GetId() {
		now = l.reads(l.t, before.GetId())
	}
	l.subs[i] = now
	l.met["access "+shortAccess(now.GetAccess())]++
	if is := inWords(now); is != inWords(before) || l.seen[now.GetId()].ID == "" {
		l.note("  %s", is)
	}
	for _, what := range l.judges(l.t, now) {
		l.met[what]++
		l.note("  %s: %s", now.GetId(), what)
	}
}

// inWords is what matters of a subscription.
func inWords(s *paymentsv1.Subscription) string {
	var items []string
	for _, item := range s.GetItems() {
		items = append(items, fmt.Sprintf("%d x %d", item.GetQuantity(), item.GetPlan().GetAmount().GetMinorUnits()))
	}
	invoice := s.GetLatestInvoice()
	return fmt.Sprintf("%s is %s, %s, %v; %s asks for %d, %s, %s; pause %v, pending %t, scheduled %t", s.GetId(), s.GetState(),
		shortAccess(s.GetAccess()), items, invoice.GetId(), invoice.GetAmountDue().GetMinorUnits(), invoice.GetState(),
		invoice.GetReason(), s.GetPause(), s.GetPendingChange() != nil, s.GetScheduledChange() != nil)
}

func shortAccess(a *paymentsv1.Access) string {
	return strings.TrimPrefix(a.GetLevel().String(), "ACCESS_LEVEL_") + " " +
		strings.TrimPrefix(a.GetReason().String(), "ACCESS_REASON_")
}
