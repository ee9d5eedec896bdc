package store_test

import (
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
)

// ends ends an operation that was begun under its id, and changed an object.
func ends(t *testing.T, s store.Store, id string, o *store.Object, events ...store.Event) {
	t.Helper()
	must(t, s.Finish(t.Context(), store.Finish{
		ID: id, Attempt: get(t, s, id).Attempt, State: store.Succeeded, Object: o, Events: events,
	}))
}

// written is the state of a payment after a write of ours under the key tg1-1.
func written(state int32) *store.Object {
	o := object("pi_1", 0, state)
	o.Basis, o.Created, o.Cause = store.BasisWrite, 0, "tg1-1"
	return &o
}

// One change is one event, whoever tells of it first: our own write, or Stripe.
func TestJoin(t *testing.T) {
	const kind, key = "payment_intent.processing", "tg1-1"
	ours, theirs := happened("pi_1", kind, key), happened("pi_1", kind, key)
	theirs.Resource = []byte("sealed elsewhere")
	tests := map[string]struct {
		webhookFirst bool
		want         string
	}{
		"own write first": {want: "1 pi_1 payment_intent.processing tg1-1: sealed payment_intent.processing"},
		"webhook first":   {webhookFirst: true, want: "1 pi_1 payment_intent.processing tg1-1: sealed elsewhere"},
	}
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			for name, test := range tests {
				t.Run(name, func(t *testing.T) {
					s := e.logged(t)
					begin(t, s, request("op_1"))
					write := func() { ends(t, s, "op_1", written(4), ours) }
					webhook := func() {
						o := object("pi_1", readObject(t, s, "pi_1").Version, 4)
						o.Cause = key
						if published := ingest(t, s, o, theirs); published != test.webhookFirst {
							t.Errorf("the webhook has published: %v", published)
						}
					}
					if test.webhookFirst {
						webhook()
						write()
					} else {
						write()
						webhook()
					}
					wantStories(t, s, test.want)
					want := object("pi_1", 2, 4)
					want.Cause = key
					if test.webhookFirst {
						want.Basis = store.BasisWrite // The answer comes last, and is as new as all that its write caused.
					}
					wantObject(t, s, want)
				})
			}
		})
	}
}

// What begins or ends something happens once, whatever is said to have caused it.
func TestOnce(t *testing.T) {
	once := []string{
		"payment_intent.created", "payment_intent.succeeded", "payment_intent.canceled", "refund.created",
		"customer.created", "customer.deleted", "payment_method.detached", "setup_intent.created",
		"setup_intent.succeeded", "setup_intent.canceled", "customer.subscription.created",
		"customer.subscription.deleted", "invoice.created", "invoice.finalized", "invoice.paid", "invoice.voided",
		"price.created", "price.deleted", "charge.dispute.created", "charge.dispute.closed",
	}
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.logged(t)
			tells := func(objectID, kind, cause string, want bool) {
				t.Helper()
				events := []store.Event{happened(objectID, kind, cause)}
				if published, err := s.Ingest(t.Context(), store.Ingest{Events: events}); published != want || err != nil {
					t.Errorf("%s of %s by %s: %v, %v; want it published: %v", kind, objectID, cause, published, err, want)
				}
			}
			for _, kind := range once {
				tells("x_1", kind, "tg1-1", true)
				tells("x_1", kind, "evt_1", false)
				tells("x_2", kind, "evt_1", true)
			}
			for _, kind := range []string{"payment_intent.processing", "customer.updated", "refund.updated"} {
				tells("x_1", kind, "tg1-1", true)
				tells("x_1", kind, "evt_1", true)
				tells("x_1", kind, "evt_1", false)
			}
			wholeLog(t, s, 2*len(once)+6)
		})
	}
}

// A write lets the object stand as it left it, unless that has changed here since the write began.
func TestFinishObject(t *testing.T) {
	event := happened("pi_1", "payment_intent.processing", "tg1-1")
	ended := func(o store.Object) store.Object { o.Ended = true; return o }
	tests := map[string]struct {
		before, during *store.Object
		write          store.Object
		want           store.Object
		told           string
	}{
		"unknown": {
			write: *written(4), want: *written(4), told: "sealed payment_intent.processing",
		},
		"known before": {
			before: new(object("pi_1", 0, 3)), write: *written(4),
			want: func() store.Object {
				o := *written(4)
				o.Version, o.Created = 1, 1_700_000_000
				return o
			}(),
			told: "sealed payment_intent.processing",
		},
		"changed since": {
			during: new(object("pi_1", 0, 5)), write: *written(4),
			want: object("pi_1", 1, 5), told: "sealed public pi_1 in 5",
		},
		"changed since, nothing public": {
			during: func() *store.Object { o := object("pi_1", 0, 5); o.Public = nil; return &o }(),
			write:  *written(4),
			want:   func() store.Object { o := object("pi_1", 1, 5); o.Public = nil; return o }(),
			told:   "sealed payment_intent.processing",
		},
		"ended before": {
			before: new(ended(object("pi_1", 0, 8))), write: *written(4),
			want: ended(object("pi_1", 1, 8)), told: "sealed public pi_1 in 8",
		},
		"ended before, and still": {
			before: new(ended(object("pi_1", 0, 8))), write: ended(*written(8)),
			want: func() store.Object {
				o := ended(*written(8))
				o.Version, o.Created = 1, 1_700_000_000
				return o
			}(),
			told: "sealed payment_intent.processing",
		},
	}
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			for name, test := range tests {
				t.Run(name, func(t *testing.T) {
					s := e.logged(t)
					if test.before != nil {
						ingest(t, s, *test.before)
					}
					begin(t, s, request("op_1"))
					if test.during != nil {
						ingest(t, s, *test.during)
					}
					other := happened("cus_1", "customer.updated", "tg1-1")
					ends(t, s, "op_1", &test.write, event, other)
					test.want.Version++
					wantObject(t, s, test.want)
					wantStories(t, s, "1 pi_1 payment_intent.processing tg1-1: "+test.told,
						"2 cus_1 customer.updated tg1-1: sealed customer.updated")
				})
			}
		})
	}
}

// An operation whose outcome is not known is told what Stripe tells of its key, and is not sent again.
func TestTold(t *testing.T) {
	keyed := func(id, key string) store.Begin {
		b := request(id)
		b.StripeKey = key
		return b
	}
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.logged(t)
			for id, key := range map[string]string{
				"op_held": "tg1-held", "op_unknown": "tg1-unknown", "op_other": "tg1-other", "op_ended": "tg1-ended",
			} {
				begin(t, s, keyed(id, key))
			}
			begin(t, s, request("op_without"))
			postpone(t, s, "op_unknown", store.Unknown, time.Hour)
			postpone(t, s, "op_other", store.Unknown, time.Hour)
			postpone(t, s, "op_without", store.Unknown, time.Hour)
			finish(t, s, "op_ended", 1, store.Succeeded)
			before := []store.Operation{get(t, s, "op_other"), get(t, s, "op_ended"), get(t, s, "op_without")}

			for _, key := range []string{"tg1-held", "tg1-unknown", "tg1-ended", "tg1-nobody", ""} {
				o := object("pi_"+key, 0, 3)
				o.Cause = key
				for range 2 {
					ingest(t, s, o, happened("pi_"+key, "payment_intent.created", key), happened("", "k", key))
					o.Version++
				}
			}
			if op := get(t, s, "op_held"); !cmpTold(op, "pi_tg1-held") || time.Until(op.DueTime) < lease/2 {
				t.Errorf("held: %+v", op)
			}
			if op := get(t, s, "op_unknown"); !cmpTold(op, "pi_tg1-unknown") || time.Until(op.DueTime) > 0 || op.NeverSend {
				t.Errorf("unknown: %+v", op)
			}
			after := []store.Operation{get(t, s, "op_other"), get(t, s, "op_ended"), get(t, s, "op_without")}
			if d := diff(after, before); d != "" {
				t.Errorf("others changed (-want +got):\n%s", d)
			}
			claimed := claim(t, s, 10)
			if len(claimed) != 1 || claimed[0].ID != "op_unknown" || !cmpTold(claimed[0], "pi_tg1-unknown") {
				t.Errorf("claimed %+v", claimed)
			}
			for id, attempt := range map[string]int64{"op_held": 1, "op_unknown": 2} {
				must(t, s.Hold(t.Context(), store.Hold{ID: id, Attempt: attempt, Lease: lease}))
				sending := store.Hold{ID: id, Attempt: attempt, Lease: lease, Sends: 1}
				wantError(t, s.Hold(t.Context(), sending), store.ErrFenced)
			}
			// It is told of up to eight.
			for i := range 9 {
				ingest(t, s, object("seti_"+string(rune('a'+i)), 0, 1), happened("seti_"+string(rune('a'+i)), "k", "tg1-held"))
			}
			if told := get(t, s, "op_held").Told; len(told) != 8 || told[0] != "pi_tg1-held" || told[7] != "seti_g" {
				t.Errorf("told of %v", told)
			}
		})
	}
}

func cmpTold(op store.Operation, objectID string) bool {
	return len(op.Told) == 1 && op.Told[0] == objectID
}

// What was told is of one step, and forgotten with it, when it was looked for, or when the operation is begun anew.
func TestToldIsForgotten(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			s := e.fresh(t)
			b := request("op_1")
			b.StripeKey = "tg1-1"
			begin(t, s, b)
			told := func(key string, attempt int64, want bool) {
				t.Helper()
				published, err := s.Ingest(t.Context(), store.Ingest{Events: []store.Event{happened("sub_1", "k "+key, key)}})
				if err != nil || !published {
					t.Fatalf("Ingest = %v, %v", published, err)
				}
				if got := get(t, s, "op_1").Told; (len(got) > 0) != want {
					t.Errorf("told of %v by %s", got, key)
				}
				err = s.Hold(t.Context(), store.Hold{ID: "op_1", Attempt: attempt, Lease: lease, Sends: 1})
				if want {
					wantError(t, err, store.ErrFenced)
				} else {
					must(t, err)
				}
			}
			told("tg1-1", 1, true)
			next := step("op_1", 1, 1)
			next.StripeKey = "tg1-2"
			must(t, s.Advance(t.Context(), next))
			told("tg1-1 ", 1, false)
			told("tg1-2", 1, true)
			must(t, s.Advance(t.Context(), next)) // Repeated, it is the same step.
			if got := get(t, s, "op_1").Told; len(got) != 1 {
				t.Errorf("told of %v after a repeated advance", got)
			}
			must(t, s.Postpone(t.Context(), store.Postpone{ID: "op_1", Attempt: 1, State: store.Unknown, After: over}))
			if got := get(t, s, "op_1").Told; len(got) != 1 {
				t.Errorf("told of %v after it was put off", got)
			}
			must(t, s.Postpone(t.Context(), store.Postpone{
				ID: "op_1", Attempt: 1, State: store.Pending, After: over, ForgetTold: true,
			}))
			must(t, s.Hold(t.Context(), store.Hold{ID: "op_1", Attempt: 1, Lease: lease, Sends: 1}))
			if op := get(t, s, "op_1"); len(op.Told) > 0 {
				t.Errorf("it was to forget what it was told: %v", op.Told)
			}
			_, err := s.Ingest(t.Context(), store.Ingest{Events: []store.Event{happened("sub_1", "again", "tg1-2")}})
			must(t, err)
			finish(t, s, "op_1", 1, store.Abandoned)
			b.Token, b.StripeKey = []byte("of another call"), "tg1-3"
			if anew := begin(t, s, b); len(anew.Told) > 0 || anew.NeverSend {
				t.Errorf("begun anew: %+v", anew)
			}
			told("tg1-3", 2, true)
		})
	}
}
