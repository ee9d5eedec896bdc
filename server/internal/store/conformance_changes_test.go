package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tillgate/tillgate/server/internal/store"
)

func TestHold(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			want := begin(t, s, request("op_1"))
			must(t, s.Hold(t.Context(), store.Hold{ID: "op_1", Attempt: 1, Lease: time.Hour}))
			want.UpdateTime, want.DueTime = time.Now(), time.Now().Add(time.Hour)
			if d := diff(get(t, s, "op_1"), want); d != "" {
				t.Errorf("held (-want +got):\n%s", d)
			}
			before := get(t, s, "op_1").LastSend
			must(t, s.Hold(t.Context(), store.Hold{ID: "op_1", Attempt: 1, Lease: time.Hour, Sends: 1}))
			if op := get(t, s, "op_1"); op.Sends != 2 || !op.LastSend.After(before) {
				t.Errorf("about to be sent: %d sends, the last %v, before %v", op.Sends, op.LastSend, before)
			}
			postpone(t, s, "op_1", store.Unknown, over)
			must(t, s.Hold(t.Context(), store.Hold{ID: "op_1", Attempt: 1, Lease: time.Hour}))
			if op := get(t, s, "op_1"); op.State != store.Unknown {
				t.Errorf("it is %v, want UNKNOWN as before", op.State)
			}
		})
	}
}

// Nobody changes an operation that is not theirs, or has ended.
func TestFences(t *testing.T) {
	changes := map[string]func(t *testing.T, s store.Store, id string, attempt int64) error{
		"hold": func(t *testing.T, s store.Store, id string, attempt int64) error {
			t.Helper()
			return s.Hold(t.Context(), store.Hold{ID: id, Attempt: attempt, Lease: lease, Sends: 1})
		},
		"advance": func(t *testing.T, s store.Store, id string, attempt int64) error {
			t.Helper()
			return s.Advance(t.Context(), step(id, attempt, 1))
		},
		"finish": func(t *testing.T, s store.Store, id string, attempt int64) error {
			t.Helper()
			return s.Finish(t.Context(), store.Finish{
				ID: id, Attempt: attempt, State: store.Failed,
				Events: []store.Event{{ObjectID: "pi_1", Kind: "payment_intent.payment_failed", Cause: "tg1-1"}},
			})
		},
		"postpone": func(t *testing.T, s store.Store, id string, attempt int64) error {
			t.Helper()
			return s.Postpone(t.Context(), store.Postpone{ID: id, Attempt: attempt, State: store.Unknown, LookUps: 1})
		},
	}
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			for name, change := range changes {
				t.Run(name, func(t *testing.T) {
					url := e.url(t)
					s := open(t, store.Config{URL: url})
					begin(t, s, request("op_1"))
					begin(t, s, request("op_2"))
					finish(t, s, "op_2", 1, store.Succeeded)
					must(t, s.Hold(t.Context(), store.Hold{ID: "op_1", Attempt: 1, Lease: over}))
					claim(t, s, 1)
					standing := []store.Operation{get(t, s, "op_1"), get(t, s, "op_2")}

					wantError(t, change(t, s, "op_1", 1), store.ErrFenced) // taken over
					wantError(t, change(t, s, "op_1", 3), store.ErrFenced) // of the future
					wantError(t, change(t, s, "op_2", 1), store.ErrFenced) // ended, otherwise
					wantError(t, change(t, s, "op_3", 1), store.ErrFenced) // never begun
					if d := diff([]store.Operation{get(t, s, "op_1"), get(t, s, "op_2")}, standing); d != "" {
						t.Errorf("something changed (-want +got):\n%s", d)
					}
					if n := count(t, e.database(t, url), `SELECT count(*) FROM events`); n != 0 {
						t.Errorf("%d events of a change that was not made", n)
					}
					must(t, change(t, s, "op_1", 2))
				})
			}
		})
	}
}

func TestFinish(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			for _, state := range []store.State{store.Succeeded, store.Failed, store.Abandoned} {
				id := "op_" + string('0'+rune(state))
				want := begin(t, s, request(id))
				must(t, s.Postpone(t.Context(), store.Postpone{
					ID: id, Attempt: 1, State: store.Unknown, After: time.Hour, Uncertainty: 3,
					StripeRequestIDs: []string{"req_1"},
				}))
				f := store.Finish{
					ID: id, Attempt: 1, State: state, Outcome: []byte("sealed answer"), ObjectID: "pi_1", Reason: 7,
					StripeRequestIDs: []string{"req_2", "req_3"}, Resolver: "jo", Note: "seen at Stripe",
				}
				must(t, s.Finish(t.Context(), f))
				want.State, want.Parameters, want.Outcome, want.ObjectID, want.Reason = state, nil, f.Outcome, "pi_1", 7
				want.StripeRequestIDs = []string{"req_1", "req_2", "req_3"}
				want.Resolver, want.Note = "jo", "seen at Stripe"
				want.UpdateTime, want.EndTime, want.DueTime = time.Now(), time.Now(), time.Time{}
				if state == store.Abandoned {
					want.Outcome = nil
				}
				got := get(t, s, id)
				if d := diff(got, want); d != "" {
					t.Errorf("finished (-want +got):\n%s", d)
				}
				// What this attempt has written stands; nothing else may be written over it.
				must(t, s.Finish(t.Context(), f))
				if d := diff(get(t, s, id), got); d != "" {
					t.Errorf("finished twice (-want +got):\n%s", d)
				}
				f.State = store.Succeeded + store.Failed - min(state, store.Failed)
				wantError(t, s.Finish(t.Context(), f), store.ErrFenced)
			}
			if err := s.Finish(t.Context(), store.Finish{ID: "op_2", Attempt: 1, State: store.Pending}); err == nil {
				t.Error("PENDING passed for an end")
			}
		})
	}
}

// A change is one event, whoever tells of it first, and it stands with the end of the operation or not at all.
func TestEvents(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			url := e.url(t)
			s, db := open(t, store.Config{URL: url}), e.database(t, url)
			execute(t, db, e.poison...)
			event := store.Event{
				ObjectID: "pi_1", Kind: "payment_intent.payment_failed", Cause: "tg1-1", Resource: []byte("sealed payment"),
			}
			other, poison, ending := event, event, event
			other.Cause, poison.Kind, ending.Kind = "tg1-2", "poison", "payment_intent.succeeded"
			endingAgain := ending
			endingAgain.Cause = "tg1-2"
			finishWith := func(id string, events ...store.Event) error {
				begin(t, s, request(id))
				return s.Finish(t.Context(), store.Finish{ID: id, Attempt: 1, State: store.Succeeded, Events: events})
			}
			must(t, finishWith("op_1", event))
			must(t, finishWith("op_2", event, other))
			must(t, finishWith("op_4", ending))
			must(t, finishWith("op_5", endingAgain)) // A payment succeeds once, whatever is said to have caused it.
			for i, kind := range []string{
				"customer.deleted", "payment_method.detached", "setup_intent.succeeded", "setup_intent.canceled",
				"customer.subscription.deleted", "invoice.paid", "invoice.voided",
			} {
				must(t, finishWith("op_6"+kind, store.Event{ObjectID: "x_1", Kind: kind, Cause: "tg1-1"}))
				must(t, finishWith("op_7"+kind, store.Event{ObjectID: "x_1", Kind: kind, Cause: "tg1-2"}))
				if n := count(t, db, `SELECT count(*) FROM events WHERE object_id = 'x_1'`); n != i+1 {
					t.Errorf("%d events of what happens once, of %d kinds", n, i+1)
				}
			}
			execute(t, db, `DELETE FROM events WHERE object_id = 'x_1'`)
			if err := finishWith("op_3", store.Event{ObjectID: "pi_3", Kind: "k", Cause: "c"}, poison); err == nil {
				t.Error("the poison was taken")
			}
			if op := get(t, s, "op_3"); op.State != store.Pending || op.Parameters == nil {
				t.Errorf("an operation whose events could not be written has ended: %+v", op)
			}
			var found []string
			rows, err := db.QueryContext(t.Context(), `
				SELECT object_id || ' ' || kind || ' ' || cause FROM events ORDER BY 1`)
			must(t, err)
			defer func() { _ = rows.Close() }()
			for rows.Next() {
				var text string
				must(t, rows.Scan(&text))
				found = append(found, text)
			}
			must(t, rows.Err())
			want := []string{
				"pi_1 payment_intent.payment_failed tg1-1", "pi_1 payment_intent.payment_failed tg1-2",
				"pi_1 payment_intent.succeeded tg1-1",
			}
			if d := cmp.Diff(want, found); d != "" {
				t.Errorf("events (-want +got):\n%s", d)
			}
		})
	}
}

func TestPostpone(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			want := begin(t, s, request("op_1"))
			must(t, s.Postpone(t.Context(), store.Postpone{
				ID: "op_1", Attempt: 1, State: store.Pending, After: 2 * time.Hour, Uncertainty: 1,
				NeverSend: true, LookUps: 1, StripeRequestIDs: []string{"req_1"},
			}))
			want.Uncertainty, want.NeverSend, want.LookUps, want.StripeRequestIDs = 1, true, 1, []string{"req_1"}
			want.UpdateTime, want.DueTime = time.Now(), time.Now().Add(2*time.Hour)
			if d := diff(get(t, s, "op_1"), want); d != "" {
				t.Errorf("postponed (-want +got):\n%s", d)
			}

			// It must not be sent again, ever.
			must(t, s.Postpone(t.Context(), store.Postpone{ID: "op_1", Attempt: 1, State: store.Unknown, LookUps: 1}))
			if op := get(t, s, "op_1"); !op.NeverSend || op.LookUps != 2 || op.State != store.Unknown {
				t.Errorf("postponed again: %+v", op)
			}
			wantError(t, s.Hold(t.Context(), store.Hold{ID: "op_1", Attempt: 1, Lease: lease, Sends: 1}), store.ErrFenced)
			must(t, s.Hold(t.Context(), store.Hold{ID: "op_1", Attempt: 1, Lease: lease}))

			var more []string
			for i := range 20 {
				more = append(more, "req_more"+string(rune('a'+i)))
			}
			p := store.Postpone{ID: "op_1", Attempt: 1, State: store.Unknown, StripeRequestIDs: more[:9]}
			must(t, s.Postpone(t.Context(), p))
			p.StripeRequestIDs = more[9:]
			must(t, s.Postpone(t.Context(), p))
			if got := get(t, s, "op_1").StripeRequestIDs; !slices.Equal(got, more[4:]) {
				t.Errorf("request ids are %v, want the newest 16", got)
			}
			if err := s.Postpone(t.Context(), store.Postpone{ID: "op_1", Attempt: 1, State: store.Failed}); err == nil {
				t.Error("FAILED passed for an open state")
			}
		})
	}
}

func TestFacts(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			for _, value := range []string{"acct_1", "acct_2"} {
				if stands, err := s.Settle(t.Context(), "account", value); err != nil || stands != "acct_1" {
					t.Errorf("Settle(%s) = %q, %v; want acct_1", value, stands, err)
				}
			}
			wantError(t, s.Replace(t.Context(), "account", "acct_2", "acct_3"), store.ErrFenced)
			must(t, s.Replace(t.Context(), "account", "acct_1", "acct_3"))
			if stands, err := s.Settle(t.Context(), "account", "acct_1"); err != nil || stands != "acct_3" {
				t.Errorf("Settle = %q, %v; want acct_3", stands, err)
			}
			wantError(t, s.Replace(t.Context(), "none", "", "x"), store.ErrFenced)
			must(t, s.Check(t.Context()))
		})
	}
}
