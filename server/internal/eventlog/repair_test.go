package eventlog_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/eventlog"
	"github.com/tillgate/tillgate/server/internal/sandbox"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// pass has a repair of its own look through the list once.
func (w *world) pass(t *testing.T, edits ...func(*eventlog.Config)) {
	t.Helper()
	if err := w.repair(edits...).Pass(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (w *world) repair(edits ...func(*eventlog.Config)) *eventlog.Repair {
	c := w.config
	for _, edit := range edits {
		edit(&c)
	}
	return eventlog.NewRepair(c)
}

// customers makes so many, one event each.
func (w *world) customers(t *testing.T, n int) (ids []string) {
	t.Helper()
	for i := range n {
		ids = append(ids, w.post(t, "/v1/customers", "", "name", strconv.Itoa(i)))
	}
	return ids
}

// wantTold fails the test unless each of the objects was told of once.
func (w *world) wantTold(t *testing.T, ids []string) {
	t.Helper()
	counts := map[string]int{}
	for _, e := range w.told(t) {
		counts[e.GetObjectId()]++
	}
	for n, id := range ids {
		if counts[id] != 1 {
			t.Errorf("number %d, %s, is told %d times", n, id, counts[id])
		}
	}
}

func TestW24_NeverDelivered(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e, func(c *eventlog.Config) { c.RepairEvery = 10 * time.Millisecond })
			p := w.project(t)
			w.config.Wake = p.Wake
			old := w.customers(t, 3)
			w.later(11 * time.Minute)
			recent := w.customers(t, 1)
			background(t, w.repair().Run)
			// A new install tells of the last minutes, and not of what was before it.
			until(t, "what just happened is told", func() bool { return len(w.told(t)) == 1 })
			missed := w.customers(t, 3)
			until(t, "what was missed is told", func() bool { return len(w.told(t)) == 4 })
			w.wantTold(t, slices.Concat(recent, missed))
			if row, _ := w.known(t, old[0]); row.Version != 0 {
				t.Error("a new install reads what was before it")
			}
		})
	}
}

func TestW25_EndpointDownForDays(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e)
			p := w.project(t)
			w.customers(t, 1)
			w.pass(t)
			var missed []string
			for range 4 {
				w.later(24*time.Hour + 15*time.Minute)
				missed = append(missed, w.customers(t, 30)...)
			}
			w.pass(t, func(c *eventlog.Config) { c.Now = func() time.Time { return time.Now().Add(97 * time.Hour) } })
			w.settled(t, p)
			w.wantTold(t, missed)
			if strings.Contains(w.logs.String(), "DATA_GAP") {
				t.Error("an alarm, although all is there")
			}
		})
	}
}

// failing is a gateway and a store that fail after so many calls.
type failing struct {
	eventlog.Gateway
	store.Store

	left atomic.Int64
}

var errKilled = errors.New("killed")

func (f *failing) ListEvents(ctx context.Context, since int64, after string) ([]stripegw.ListedEvent, bool, error) {
	if f.left.Add(-1) < 0 {
		return nil, false, errKilled
	}
	return f.Gateway.ListEvents(ctx, since, after)
}

func (f *failing) Receive(ctx context.Context, d store.Delivery) (bool, error) {
	if f.left.Add(-1) < 0 {
		return false, errKilled
	}
	return f.Store.Receive(ctx, d)
}

func (f *failing) Replace(ctx context.Context, name, old, value string) error {
	if f.left.Add(-1) < 0 {
		return errKilled
	}
	return f.Store.Replace(ctx, name, old, value)
}

func TestW27_KilledInThePage(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e)
			p := w.project(t)
			w.customers(t, 1)
			w.pass(t)
			w.later(time.Hour)
			missed := w.customers(t, 130)
			for _, after := range []int64{0, 1, 7, 50, 20} {
				f := &failing{Gateway: w.gateway, Store: w.store}
				f.left.Store(after)
				r := w.repair(func(c *eventlog.Config) { c.Gateway, c.Store = f, f })
				cursor := w.fact(t, eventlog.CursorFact)
				if err := r.Pass(t.Context()); !errors.Is(err, errKilled) {
					t.Fatalf("after %d: %v", after, err)
				}
				if w.fact(t, eventlog.CursorFact) != cursor {
					t.Errorf("after %d the cursor has moved", after)
				}
			}
			w.pass(t)
			w.settled(t, p)
			w.wantTold(t, missed)
		})
	}
}

func TestW28_TwoAtOnce(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e)
			p := w.project(t)
			w.customers(t, 1)
			w.pass(t)
			w.later(time.Hour)
			missed := w.customers(t, 120)
			ends := make(chan error)
			for range 3 {
				go func() { ends <- w.repair().Pass(t.Context()) }()
			}
			for range 3 {
				if err := <-ends; err != nil {
					t.Error(err)
				}
			}
			w.settled(t, p)
			w.wantTold(t, missed)

			// One that sees another at work leaves it to that one, and takes over when it stops.
			idle, busy := w.repair(), w.repair()
			for _, r := range []*eventlog.Repair{idle, busy, idle} {
				if err := r.Pass(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			w.later(time.Hour)
			more := w.customers(t, 1)
			for range 2 {
				if err := idle.Pass(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			w.settled(t, p)
			w.wantTold(t, more)
		})
	}
}

func TestW29_ManyInOneSecond(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e)
			p := w.project(t)
			w.customers(t, 1)
			w.pass(t)
			w.later(time.Hour)
			missed := w.customers(t, 250)
			w.pass(t)
			w.settled(t, p)
			w.wantTold(t, missed)
		})
	}
}

func TestW30_RateLimitedWhileRepairing(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e)
			p := w.project(t)
			w.customers(t, 1)
			w.pass(t)
			missed := w.customers(t, 110)
			if err := w.AddFault(sandbox.Fault{
				Kind: sandbox.FaultStatus, Path: "/v1/events", Status: http.StatusTooManyRequests, Count: 4,
				Body: json.RawMessage(`{"error":{"type":"rate_limit_error","code":"rate_limit"}}`),
			}); err != nil {
				t.Fatal(err)
			}
			w.pass(t) // One pass: it waits, and goes on in the page where it was.
			w.settled(t, p)
			w.wantTold(t, missed)
		})
	}
}

func TestW35_ClockSkew(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e)
			p := w.project(t)
			w.customers(t, 1)
			var missed []string
			for _, skew := range []time.Duration{-10 * time.Minute, 10 * time.Minute, -10 * time.Minute} {
				skewed := func(c *eventlog.Config) { c.Now = func() time.Time { return time.Now().Add(skew) } }
				w.pass(t, skewed)
				missed = append(missed, w.customers(t, 2)...)
				w.later(30 * time.Second)
				w.pass(t, skewed)
			}
			w.settled(t, p)
			w.wantTold(t, missed)
		})
	}
}

// What is in Stripe's list and is not for us: types that nobody asks for, and what is of the other mode.
func TestRepairLeavesOut(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e)
			p := w.project(t)
			w.customers(t, 1)
			w.pass(t)
			for _, made := range []sandbox.MadeEvent{
				{Type: "balance.available", Object: json.RawMessage(`{"object":"balance"}`)},
				{Type: "customer.created", Object: json.RawMessage(`{"id":"cus_live00","object":"customer"}`), Livemode: true},
				{
					Type: "customer.created", Object: json.RawMessage(`{"id":"cus_other0","object":"customer"}`),
					Account: "acct_other",
				},
			} {
				if _, err := w.AddEvent(made); err != nil {
					t.Fatal(err)
				}
			}
			w.pass(t)
			w.settled(t, p)
			if told := w.told(t); len(told) != 1 {
				t.Errorf("told %v", told)
			}
			letters, err := p.DeadLetters(t.Context(), true, "", 10)
			if err != nil {
				t.Fatal(err)
			}
			var causes []paymentsv1.DeadLetterCause
			for _, letter := range letters {
				causes = append(causes, letter.GetCause())
			}
			slices.Sort(causes)
			if d := cmp.Diff([]paymentsv1.DeadLetterCause{
				paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_MODE,
				paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_ACCOUNT,
			}, causes); d != "" {
				t.Errorf("in quarantine (-want +got):\n%s", d)
			}
			for _, letter := range letters {
				_, err := p.RetryDeadLetter(t.Context(), letter.GetId())
				got := apierr.From(err)
				if got.Reason != paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE || !strings.Contains(got.Message, "quarantine") ||
					"DEAD_LETTER_CAUSE_"+got.Metadata["cause"] != letter.GetCause().String() {
					t.Errorf("a retry of %v: %v %v", letter, got, got.Metadata)
				}
			}
		})
	}
}
