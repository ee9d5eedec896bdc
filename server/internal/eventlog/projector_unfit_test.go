package eventlog_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/eventlog"
	"github.com/tillgate/tillgate/server/internal/store"
)

// unfitEvent is an event about a payment, with more in it.
func unfitEvent(id, objectKind, more string) string {
	return fmt.Sprintf(`{"id":"%s","object":"event","type":"payment_intent.succeeded","api_version":"2023-10-16",%s
		"data":{"object":{"id":"pi_1","object":"%s","amount":100,"currency":"eur","status":"succeeded"}}}`, id, more, objectKind)
}

// What the intake set aside as unreadable, and what it should have set aside, is never applied, however often it is tried
// again; and it holds up nothing of the object that it names.
func TestUnfitIsNeverApplied(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e)
			p := w.project(t)
			const unreadable = paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_UNREADABLE
			const otherMode = paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_MODE
			const otherAccount = paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_ACCOUNT
			want := map[string]paymentsv1.DeadLetterCause{}
			for id, is := range map[string]struct {
				body  string
				cause paymentsv1.DeadLetterCause
			}{
				"evt_live":    {unfitEvent("evt_live", "payment_intent", `"livemode":true,`), otherMode},
				"evt_other":   {unfitEvent("evt_other", "payment_intent", `"account":"acct_other",`), otherAccount},
				"evt_number":  {unfitEvent("evt_number", "payment_intent", `"account":7,`), otherAccount},
				"evt_kind":    {unfitEvent("evt_kind", "customer", ""), unreadable},
				"evt_no_kind": {unfitEvent("evt_no_kind", "", ""), unreadable},
				"sha256_0":    {unfitEvent("evt-live", "payment_intent", `"livemode":true,`), unreadable},
				"evt_thin": {
					`{"id":"evt_thin","object":"v2.core.event","type":"v1.payment_intent.succeeded","related_object":{"id":"pi_1"}}`,
					unreadable,
				},
			} {
				want[id] = is.cause
				if _, err := w.store.Receive(t.Context(), store.Delivery{
					ID: id, State: store.DeliveryDead, Cause: int32(unreadable), Kind: "x", ObjectID: "pi_1",
					Body: w.keys.Seal(eventlog.BodyPurpose, id, []byte(is.body)),
				}); err != nil {
					t.Fatal(err)
				}
			}
			causes := func() map[string]paymentsv1.DeadLetterCause {
				found := map[string]paymentsv1.DeadLetterCause{}
				for _, letter := range w.letters(t, p) {
					if letter.GetTries() > 0 && letter.GetObjectId() == "" {
						found[letter.GetId()] = letter.GetCause()
					}
				}
				return found
			}
			for range 2 { // The first one takes all of the object with it.
				if _, err := p.RetryDeadLetter(t.Context(), "evt_live"); err != nil {
					t.Fatal(err)
				}
				until(t, "all are dead letters again", func() bool { p.Wake(); return len(causes()) == len(want) })
				if d := cmp.Diff(want, causes()); d != "" {
					t.Errorf("causes (-want +got):\n%s", d)
				}
			}
			if told := w.told(t); len(told) != 0 {
				t.Errorf("told %v", told)
			}
			if row, _ := w.known(t, "pi_1"); row.Version != 0 {
				t.Errorf("%+v is known of it", row)
			}
			// A true event of the object has nothing to wait for; one without a time has that of its receipt.
			w.receive(t, []byte(unfitEvent("evt_true", "payment_intent", `"livemode":false,`)))
			w.settled(t, p)
			told := w.told(t, "pi_1")
			if len(told) != 1 || time.Since(told[0].GetOccurTime().AsTime()).Abs() > time.Minute {
				t.Errorf("told %v", told)
			}
		})
	}
}
