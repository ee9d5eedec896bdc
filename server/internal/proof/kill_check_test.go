package proof_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/store"
)

// wanted is whether more facts are.
func (tr *trade) wanted() bool {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return !tr.enough(len(tr.facts))
}

// left is how many keys callers walked away from.
func (tr *trade) left() int {
	n := 0
	for _, f := range tr.facts {
		for _, s := range f.steps {
			if s.left {
				n++
			}
		}
	}
	return n
}

// check compares all that callers were told with what became of it: at Stripe, and in our books.
func (tr *trade) check(t *testing.T, s *stand, b books) {
	t.Helper()
	tr.checkRows(t, b)
	want, got := map[string][]string{}, map[string][]string{}
	var wantPaid, gotPaid int64
	for _, f := range tr.facts {
		moves := f.kind.moves(f)
		slices.Sort(moves)
		if len(moves) > 0 {
			want[f.payment()] = moves
		}
		wantPaid += f.paid()
	}
	for _, e := range s.stripe.ledger(t) {
		got[e.PaymentIntent] = append(got[e.PaymentIntent], entry(e.Type, e.Amount))
		gotPaid += e.Paid()
	}
	for _, moves := range got {
		slices.Sort(moves)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("money moved otherwise than callers were told, by payment (-told +moved):\n%s", diff)
	}
	if wantPaid != gotPaid {
		t.Errorf("customers paid %d in all, want %d", gotPaid, wantPaid)
	}
}

// paid is what the customer pays in the end.
func (f *fact) paid() int64 {
	switch f.kind.name {
	case "declined":
		return 0
	case "captured":
		return f.part
	case "refunded":
		return f.amount - f.part
	default:
		return f.amount
	}
}

// checkRows finds the one operation of each key, ended as its caller was told. A key that was left has none, or one
// that was abandoned.
func (tr *trade) checkRows(t *testing.T, b books) {
	t.Helper()
	type name struct{ caller, method, key string }
	rows := map[name]row{}
	for _, r := range b.rows {
		n := name{r.Caller, r.short(), r.Key}
		if _, twice := rows[n]; twice {
			t.Errorf("two operations are %v", n)
		}
		rows[n] = r
	}
	for _, f := range tr.facts {
		for _, s := range f.steps {
			n := name{f.caller, s.method, s.key}
			r, began := rows[n]
			delete(rows, n)
			switch {
			case s.left:
				if began && r.State != store.Abandoned {
					t.Errorf("a caller was told that nothing was done, and the operation is %+v", r)
				}
			case !began:
				t.Errorf("%v has an answer, and no operation", n)
			case s.answer.err == nil && r.State != store.Succeeded, s.answer.err != nil && r.State != store.Failed,
				r.ObjectID != s.answer.id(), s.answer.err != nil && paymentsv1.ErrorReason(r.Reason) != s.answer.reason():
				t.Errorf("%v was told %v, %v; the operation is %+v", n, s.answer.id(), s.answer.err, r)
			}
		}
	}
	for _, r := range rows {
		t.Errorf("nobody asked for %+v", r)
	}
}
