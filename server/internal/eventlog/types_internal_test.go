package eventlog

import (
	"slices"
	"testing"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// Every type of ours has a kind of Stripe's, no kind stands twice, and what stripegw publishes with an object is a
// type.
func TestTypes(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, row := range eventKinds {
		if seen[row.kind] {
			t.Errorf("%s stands twice", row.kind)
		}
		seen[row.kind] = true
		if TypeOf(row.kind) != row.is || !slices.Contains(kindsOf([]paymentsv1.EventType{row.is}), row.kind) {
			t.Errorf("%s does not lead there and back", row.kind)
		}
	}
	for number, name := range paymentsv1.EventType_name {
		is := paymentsv1.EventType(number)
		if found := kindsOf([]paymentsv1.EventType{is}); (len(found) == 0) != (number == 0) {
			t.Errorf("%s has the kinds %v", name, found)
		}
	}
	for _, kind := range stripegw.EventTypes() {
		for _, c := range stripegw.ChangesOf(stripegw.StripeEvent{ID: "evt_1", Type: kind, ObjectID: "x_1"}) {
			if c.Kind != "" && TypeOf(c.Kind) == 0 {
				t.Errorf("%s is published as %s, which has no type", kind, c.Kind)
			}
		}
	}
	if got := len(allKinds()); got != len(eventKinds) {
		t.Errorf("all kinds are %d", got)
	}
	for _, kind := range []string{"", "payout.paid", "PAYMENT_INTENT.created"} {
		if TypeOf(kind) != 0 {
			t.Errorf("%q has a type", kind)
		}
	}
}
