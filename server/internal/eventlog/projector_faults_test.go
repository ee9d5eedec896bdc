package eventlog_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/eventlog"
	"github.com/tillgate/tillgate/server/internal/sandbox"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// poison is a gateway that panics on some events.
type poison struct {
	eventlog.Gateway

	id    atomic.Value // of the object
	tries atomic.Int64
}

func (p *poison) EventResource(e stripegw.StripeEvent) (stripegw.Resource, error) {
	if e.ObjectID == p.id.Load() {
		p.tries.Add(1)
		panic("canary: " + e.ObjectID) //nolint:forbidigo // it is what is tested
	}
	return p.Gateway.EventResource(e)
}

func TestW32_Poison(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			bad := &poison{}
			w := newWorld(t, e, func(c *eventlog.Config) { bad.Gateway, c.Gateway = c.Gateway, bad })
			p := w.project(t)
			poisoned := w.post(t, "/v1/customers", "", "name", "A")
			bad.id.Store(poisoned)
			found := bodies(w.happened(t), nil)
			w.later(time.Second)
			w.receive(t, found...)
			until(t, "it is a dead letter", func() bool { p.Wake(); return len(w.letters(t, p)) == 1 })
			if got := bad.tries.Load(); got != 5 {
				t.Errorf("%d tries", got)
			}
			// What comes later of the same object waits; others of the type go on.
			w.post(t, "/v1/customers/"+poisoned, "", "name", "B")
			other := w.post(t, "/v1/customers", "", "name", "C")
			w.receive(t, bodies(w.happened(t)[1:], nil)...)
			until(t, "the other one is told", func() bool { return len(w.told(t, other)) == 1 })
			p.Wake()
			letters := w.letters(t, p)
			want := &paymentsv1.DeadLetter{
				Id: idOf(found[0]), RawType: "customer.created", ObjectId: poisoned, Tries: 5, Blocked: 1, ApiVersion: "2023-10-16",
				Cause: paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_INTERNAL,
			}
			letters[0].ReceiveTime, letters[0].UpdateTime = nil, nil
			if !proto.Equal(letters[0], want) {
				t.Errorf("the dead letter is %v, want %v", letters[0], want)
			}
			if told := w.told(t, poisoned); len(told) != 0 {
				t.Errorf("told %v", kinds(told))
			}
			log := w.logs.String()
			for _, text := range []string{
				`"level":"ERROR","msg":"dead letter"`, "server events dead-letters", `"cause":"internal"`,
			} {
				if !strings.Contains(log, text) {
					t.Errorf("the log lacks %s:\n%s", text, log)
				}
			}
			if strings.Contains(log, "canary") {
				t.Errorf("the log shows what was worked on:\n%s", log)
			}

			bad.id.Store("")
			if _, err := p.RetryDeadLetter(t.Context(), idOf(found[0])); err != nil {
				t.Fatal(err)
			}
			w.settled(t, p)
			got := slices.Sorted(slices.Values(kinds(w.told(t, poisoned))))
			if d := cmp.Diff([]string{"customer.created", "customer.updated"}, got); d != "" {
				t.Errorf("the events (-want +got):\n%s", d)
			}
			w.wantAsStripe(t, "customer", poisoned)
			_, err := p.RetryDeadLetter(t.Context(), "evt_none")
			if got := apierr.From(err).Reason; got != paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_MISSING {
				t.Errorf("a dead letter that is none: %v", got)
			}
		})
	}
}

func idOf(body []byte) string {
	e, _ := stripegw.DecodeEvent(body)
	return e.ID
}

// letters are the dead letters.
func (w *world) letters(t *testing.T, p *eventlog.Projector) []*paymentsv1.DeadLetter {
	t.Helper()
	letters, err := p.DeadLetters(t.Context(), false, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	return letters
}

func TestW36_Unreadable(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e)
			p := w.project(t)
			for id, body := range map[string]string{
				"evt_thin":   `{"id":"evt_thin","object":"v2.core.event","type":"v1.billing.meter.error"}`,
				"evt_broken": `{"id":"evt_broken","object":"event","type":"customer.created","data":{"object":`,
			} {
				if _, err := w.store.Receive(t.Context(), store.Delivery{
					ID: id, State: store.DeliveryWaiting, Kind: "x", Body: w.keys.Seal(eventlog.BodyPurpose, id, []byte(body)),
				}); err != nil {
					t.Fatal(err)
				}
			}
			until(t, "both are dead letters", func() bool { p.Wake(); return len(w.letters(t, p)) == 2 })
			for _, letter := range w.letters(t, p) {
				if letter.GetCause() != paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_UNREADABLE || letter.GetTries() != 1 {
					t.Errorf("%v", letter)
				}
			}
		})
	}
}

// An object that Stripe gives in a form that can not be read is a dead letter after five tries (W-09).
func TestW09_UnreadableObject(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e)
			p := w.project(t)
			id := w.post(t, "/v1/customers", "", "name", "A")
			if _, err := w.AddEvent(sandbox.MadeEvent{
				Type: "customer.updated", Object: json.RawMessage(`{"id":"` + id + `","object":"customer"}`),
				APIVersion: "2029-01-01",
			}); err != nil {
				t.Fatal(err)
			}
			updated := bodies(w.happened(t), ofKind("customer.updated"))
			broken := sandbox.Fault{Kind: sandbox.FaultWrongJSON, Method: http.MethodGet, Path: "/v1/customers/*"}
			if err := w.AddFault(broken); err != nil {
				t.Fatal(err)
			}
			w.receive(t, updated...)
			until(t, "it is a dead letter", func() bool { p.Wake(); return len(w.letters(t, p)) == 1 })
			letter := w.letters(t, p)[0]
			if letter.GetCause() != paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_OBJECT_UNREADABLE || letter.GetTries() != 5 {
				t.Errorf("%v", letter)
			}
			w.ClearFaults()
			if _, err := p.RetryDeadLetter(t.Context(), letter.GetId()); err != nil {
				t.Fatal(err)
			}
			w.settled(t, p)
			w.wantAsStripe(t, "customer", id)
		})
	}
}

func TestW30_RateLimitedWhileFetching(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e)
			p := w.project(t)
			limited := w.post(t, "/v1/customers", "", "name", "A")
			w.post(t, "/v1/customers/"+limited, "", "name", "B")
			found := bodies(w.happened(t), ofKind("customer.updated"))
			if err := w.AddFault(sandbox.Fault{
				Kind: sandbox.FaultStatus, Method: http.MethodGet, Path: "/v1/*/*", Status: http.StatusTooManyRequests,
				Body: json.RawMessage(`{"error":{"type":"rate_limit_error","code":"rate_limit","message":"canary"}}`),
			}); err != nil {
				t.Fatal(err)
			}
			w.receive(t, found...)
			p.Wake()
			until(t, "Stripe was asked", func() bool { return w.Faults()[0].Fired > 0 })
			// What needs no fetching does not wait for it.
			other := w.post(t, "/v1/customers", "", "name", "C")
			w.receive(t, bodies(w.happened(t), func(e stripegw.StripeEvent) bool { return e.ObjectID == other })...)
			p.Wake()
			until(t, "the other one is told", func() bool { return len(w.told(t, other)) == 1 })
			if letters := w.letters(t, p); len(letters) != 0 {
				t.Errorf("dead letters: %v", letters)
			}
			if fired := w.Faults()[0].Fired; fired > 10 {
				t.Errorf("Stripe was asked %d times", fired)
			}
			w.ClearFaults()
			w.settled(t, p)
			w.wantAsStripe(t, "customer", limited)
			if log := w.logs.String(); strings.Contains(log, "canary") || !strings.Contains(log, "which has no answer") {
				t.Errorf("the log:\n%s", log)
			}
		})
	}
}

// What waits for Stripe for a day is tried five times and given up, so that somebody looks.
func TestW30_GivenUpAfterADay(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e, func(c *eventlog.Config) {
				c.Now = func() time.Time { return time.Now().Add(25 * time.Hour) }
			})
			p := w.project(t)
			id := w.post(t, "/v1/customers", "", "name", "A")
			w.post(t, "/v1/customers/"+id, "", "name", "B")
			found := bodies(w.happened(t), ofKind("customer.updated"))
			if err := w.AddFault(sandbox.Fault{Kind: sandbox.FaultDropBefore, Method: http.MethodGet}); err != nil {
				t.Fatal(err)
			}
			w.receive(t, found...)
			until(t, "it is a dead letter", func() bool { p.Wake(); return len(w.letters(t, p)) == 1 })
			if letter := w.letters(t, p)[0]; letter.GetCause() != paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_FETCH_FAILED {
				t.Errorf("%v", letter)
			}
		})
	}
}

func TestW34_NothingPersonalIsTold(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e)
			p := w.project(t)
			customer := w.post(t, "/v1/customers", "", "email", "canary@example.com", "name", "canary", "metadata[a]", "canary")
			payment := w.post(t, "/v1/payment_intents", "tg1-canary", "amount", "100", "currency", "usd", "confirm", "true",
				"payment_method_types[]", "card", "payment_method", "pm_card_authenticationRequired", "customer", customer,
				"receipt_email", "canary@example.com", "description", "canary")
			w.receive(t, bodies(w.happened(t), nil)...)
			w.settled(t, p)
			secret := w.call(t, http.MethodGet, "/v1/payment_intents/"+payment, "", nil)["client_secret"].(string)
			told := w.told(t)
			if len(told) < 3 {
				t.Errorf("told %v", kinds(told))
			}
			for _, e := range told {
				e.Cause = "" // The key is ours: callers know it.
				if text := e.String(); strings.Contains(text, "canary") || strings.Contains(text, secret) {
					t.Errorf("%s tells %s", e.GetRawType(), text)
				}
			}
			if log := w.logs.String(); strings.Contains(log, "canary@") || strings.Contains(log, secret) {
				t.Errorf("the log:\n%s", log)
			}
			if _, m := w.known(t, customer); m.(*paymentsv1.Customer).GetEmail() != "canary@example.com" {
				t.Errorf("what is kept lacks it: %v", m)
			}
			row, _ := w.known(t, customer)
			for _, sealed := range [][]byte{row.Resource, row.Public} {
				if strings.Contains(string(sealed), "canary") {
					t.Error("the store has it open")
				}
			}
		})
	}
}

// TestW33 has both orders: the webhook before the answer to our own write, and after it.
func TestW33_JoinedWithOurOwnWrite(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e)
			p := w.project(t)
			for _, webhookFirst := range []bool{true, false} {
				key := w.key("pay")
				begun := store.Begin{
					ID: "op_" + key, Caller: "shop", Method: "m", IdempotencyKey: key, RequestHash: []byte("h"),
					Parameters: []byte("p"), StripeKey: key, Token: []byte(key), Lease: time.Minute,
				}
				op, _, err := w.store.Begin(t.Context(), begun)
				if err != nil {
					t.Fatal(err)
				}
				before := len(w.happened(t))
				id := w.post(t, "/v1/payment_intents", key, "amount", "100", "currency", "usd", "confirm", "true",
					"payment_method_types[]", "card", "payment_method", "pm_card_visa")
				deliver := func() {
					w.receive(t, bodies(w.happened(t)[before:], nil)...)
					w.settled(t, p)
				}
				if webhookFirst {
					deliver()
					if told, err := w.store.Get(t.Context(), op.ID); err != nil || !slices.Contains(told.Told, id) {
						t.Errorf("the operation was told of %v, %v", told.Told, err)
					}
				}
				w.finish(t, op, key, id)
				if !webhookFirst {
					deliver()
				}
				want := []string{"payment_intent.created", "payment_intent.succeeded"}
				told := w.told(t, id)
				if d := cmp.Diff(want, slices.Sorted(slices.Values(kinds(told)))); d != "" {
					t.Errorf("webhook first: %t; the events (-want +got):\n%s", webhookFirst, d)
				}
				w.wantAsStripe(t, "payment_intent", id)
			}
		})
	}
}

// finish ends an operation as package operation does.
func (w *world) finish(t *testing.T, op store.Operation, key, paymentID string) {
	t.Helper()
	r, err := w.gateway.FetchObject(t.Context(), "payment_intent", paymentID)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := eventlog.SealMessage(w.keys, eventlog.PublicPurpose, r.ID, r.Message)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := eventlog.SealMessage(w.keys, eventlog.ObjectPurpose, r.ID, r.Message)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store.Finish(t.Context(), store.Finish{
		ID: op.ID, Attempt: op.Attempt, State: store.Succeeded, Outcome: []byte("o"), ObjectID: r.ID,
		Events: []store.Event{{
			ObjectID: r.ID, ObjectKind: r.Kind, Kind: "payment_intent.succeeded", Cause: key, OperationID: op.ID,
			Resource: sealed,
		}},
		Object: &store.Object{
			ID: r.ID, Kind: r.Kind, Basis: store.BasisWrite, Cause: key, State: r.State, Ended: r.Ended, Resource: whole,
			Public: sealed,
		},
	}); err != nil {
		t.Fatal(err)
	}
}

// A projector that stops leaves nothing behind that the next one can not take.
func TestProjectorStops(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, e)
			first := eventlog.NewProjector(w.config)
			ctx, cancel := context.WithCancel(t.Context())
			for range 20 {
				w.post(t, "/v1/customers", "", "name", "A")
			}
			w.receive(t, bodies(w.happened(t), nil)...)
			done := make(chan struct{})
			go func() {
				defer close(done)
				first.Run(ctx)
			}()
			until(t, "it has begun", func() bool { return len(w.told(t)) > 0 })
			cancel()
			<-done
			w.settled(t, w.project(t))
			if told := w.told(t); len(told) != 20 {
				t.Errorf("told %d", len(told))
			}
		})
	}
}
