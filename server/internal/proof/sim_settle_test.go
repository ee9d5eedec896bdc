package proof_test

import (
	"database/sql"
	"maps"
	"slices"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/store"
)

// settledIn is how long after the last fault everything must have ended, but for what nobody can know.
const settledIn = time.Minute

// settle ends all faults, waits, and checks everything: first as it stands, then after every key was used once more.
func (h *history) settle() {
	h.note("-- the faults end")
	h.endFaults()
	for h.busy() {
		h.pass(time.Second)
	}
	since := time.Now()
	h.pass(settledIn)
	h.slowest(since)
	h.findLate()
	h.counts.Unknown += len(h.inState(store.Unknown))
	for _, row := range h.inState(store.Unknown) {
		if h.random.IntN(2) == 0 {
			h.resolve(row)
		}
	}
	h.calls.Wait()
	h.judge()
	if h.broken() {
		return
	}
	h.callAll()
	h.judge()
	h.stop()
	h.judgeEvents()
}

func (h *history) endFaults() {
	h.endStripeFaults()
	h.setFaults(&h.storeFaults, 0)
	h.mu.Lock()
	for _, m := range h.machines {
		m.until, m.fuse = time.Time{}, 0
	}
	h.mu.Unlock()
	h.calls.Wait() // those that stop machines among them
	if len(h.alive()) == 0 {
		h.start()
	}
}

// busy is whether an exchange with Stripe is under way, which a fault may have slowed down, or a machine stands still.
func (h *history) busy() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.underWay > 0
}

// findLate waits for the next look at what was done too late to be found by the last.
func (h *history) findLate() {
	is := h.look()
	for _, row := range h.inState(store.Unknown) {
		if len(is.made[row.ID]) > 0 || row.Method == paymentsv1.PaymentService_CreateRefund_FullMethodName {
			h.pass(time.Hour + settledIn)
			return
		}
	}
}

// callAll uses every key that began something once more: what is known is told again, without Stripe; what was abandoned
// is done now; and another request under the key is refused.
func (h *history) callAll() {
	for _, id := range slices.Sorted(maps.Keys(h.operations)) {
		seen := h.operations[id]
		before, err := h.store.Get(h.t.Context(), id)
		if err != nil {
			h.t.Fatal(err)
		}
		i := h.intentOf(seen)
		req := i.request(seen.hash)
		posts := seen.sends
		a := h.call(h.machines[0], 0, i, req, patience{})
		want := map[store.State][]answerKind{
			store.Succeeded: {done}, store.Failed: {refused}, store.Unknown: {open}, store.Abandoned: {done, refused, open, reused},
			// reused: Stripe remembers what was sent under the key, and this is another request.
		}[before.State]
		if !slices.Contains(want, a.kind) {
			h.breaks("%s is told %s in state %d", seen.key, a.answer(), before.State)
		}
		if before.State == store.Abandoned {
			continue
		}
		b := h.call(h.machines[0], 0, i, other(i, req), patience{})
		if b.kind != reused && b.reason != "INVALID_FIELD" {
			h.breaks("%s is told %s for another request", seen.key, b.answer())
		}
		if seen.sends != posts || a.kind == done && !a.replayed {
			h.breaks("%s was sent again after its end", seen.key)
		}
	}
	h.pass(settledIn)
}

// other is the other request of an intent.
func other(i *intent, req operation.Request) operation.Request {
	if i.requests[0] == req {
		return i.requests[1]
	}
	return i.requests[0]
}

// judgeEvents reads what is to be told to others, past the store: one event for what was done, or declined, and no other.
func (h *history) judgeEvents() {
	db, err := sql.Open("sqlite", "file:"+h.path+"?mode=ro")
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(h.t.Context(), "SELECT object_id, cause, count(*), min(kind) FROM events GROUP BY object_id, cause")
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	events, ended := map[string]string{}, map[string]bool{}
	for rows.Next() {
		var object, cause, kind string
		var n int
		if err := rows.Scan(&object, &cause, &n, &kind); err != nil {
			h.t.Fatal(err)
		}
		if h.byKey[cause] == nil || n != 1 || events[cause] != "" {
			h.breaks("%s has %d events of %s", object, n, cause)
		}
		events[cause] = object
		if kind == "payment_intent.succeeded" || kind == "payment_intent.canceled" {
			if ended[object+kind] {
				h.breaks("%s has a second event of its end", object)
			}
			ended[object], ended[object+kind] = true, true
		}
	}
	if err := rows.Err(); err != nil {
		h.t.Fatal(err)
	}
	for _, id := range slices.Sorted(maps.Keys(h.operations)) {
		seen := h.operations[id]
		row, err := h.store.Get(h.t.Context(), id)
		if err != nil {
			h.t.Fatal(err)
		}
		want := ""
		if row.State == store.Succeeded || row.State == store.Failed &&
			row.Reason == int32(paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_DECLINED) {
			want = row.ObjectID
		}
		if events[seen.stripeKey] == "" && ended[want] {
			continue // Another operation has told of the end.
		}
		if events[seen.stripeKey] != want {
			h.breaks("%s has an event of %q, want one of %q", seen.key, events[seen.stripeKey], want)
		}
	}
}
