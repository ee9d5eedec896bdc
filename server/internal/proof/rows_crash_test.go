package proof_test

import (
	"testing"
	"time"

	"github.com/tillgate/tillgate/client"
	"github.com/tillgate/tillgate/server/internal/sandbox"
	"github.com/tillgate/tillgate/server/internal/store"
)

// firstKey is the key of the write that each of these tests is about.
const firstKey = "order-1-attempt-1"

// recoveryTime is long enough for recovery to have taken what was due.
const recoveryTime = 1500 * time.Millisecond

// crashWhilePaying starts a server that ends at a crash point, calls it, and lets the lease of what it left be over.
// The caller hears of nothing that it could take for "nothing happened".
func crashWhilePaying(t *testing.T, s *stand, point string) {
	t.Helper()
	server := s.servers[0]
	server.crashing(t, point)
	answer := pay(firstKey)(t.Context(), server.as(t, shop, client.WithMaxAttempts(1)))
	server.crashes(t)
	if answer.err == nil || answer.undone() || answer.final() {
		t.Errorf("the caller was told %v, %v; nothing can be known of its write", answer.resource, answer.err)
	}
	s.db.passLease(t)
}

// A server that dies before its write is on disk has sent nothing.
func TestM06_KilledBeforeBeginCommits(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			db := e.open(t)
			s := newStand(t, db, 1)
			crashWhilePaying(t, s, "begin.before_commit")
			server := s.servers[0]
			server.serve(t)
			<-time.After(recoveryTime)
			if posts := s.stripe.posts(t); len(posts) != 0 {
				t.Errorf("Stripe got %v of a write that never began", posts)
			}
			paid := succeeds(t, server.as(t, shop), pay(firstKey))
			staysSo(t, server.as(t, shop), pay(firstKey), paid)
			oneCharge(t, s, paid)
		})
	}
}

// A server that dies when its write is on disk, and nothing sent, leaves it to recovery, which sends it once.
func TestM07_KilledBeforeTheSend(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			db := e.open(t)
			s := newStand(t, db, 1)
			crashWhilePaying(t, s, "send.before")
			if posts := s.stripe.posts(t); len(posts) != 0 {
				t.Fatalf("Stripe got %v before anything was sent", posts)
			}
			server := s.servers[0]
			server.serve(t)
			s.stripe.moves(t) // Nobody called again.
			paid := succeeds(t, server.as(t, shop), pay(firstKey))
			if posts := s.stripe.posts(t); len(posts) != 1 || !paid.replayed {
				t.Errorf("Stripe got %v, and the answer is replayed: %v; want one send and a stored answer", posts, paid.replayed)
			}
			oneCharge(t, s, paid)
		})
	}
}

// A server that dies while the request is at Stripe: the same key is sent again, and waits for the first one there.
func TestM08_KilledOnTheWire(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			db := e.open(t)
			s := newStand(t, db, 1)
			server := s.servers[0]
			server.serve(t)
			s.stripe.breaks(t, sandbox.Fault{Kind: sandbox.FaultDelay, Method: "POST", DelayMS: 1500, Count: 1})
			answer := asking(t, server.as(t, shop, client.WithMaxAttempts(1)), pay(firstKey))
			s.stripe.moves(t)
			server.kill()
			if heard := <-answer; heard.err == nil || heard.undone() {
				t.Errorf("the caller was told %v, %v", heard.resource, heard.err)
			}
			db.passLease(t)
			server.serve(t)
			server.rests(t)
			oneCharge(t, s, succeeds(t, server.as(t, shop), pay(firstKey)))
		})
	}
}

// A server that dies when Stripe has answered, and the answer is not on disk: recovery gets it from Stripe again.
func TestM09_KilledBeforeTheOutcomeIsStored(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"send.after", "finish.before_commit"} {
		t.Run(point, func(t *testing.T) {
			for _, e := range engines(t) {
				t.Run(e.name, func(t *testing.T) {
					db := e.open(t)
					s := newStand(t, db, 1)
					crashWhilePaying(t, s, point)
					s.stripe.moves(t)
					server := s.servers[0]
					server.serve(t)
					server.rests(t)
					paid := succeeds(t, server.as(t, shop), pay(firstKey))
					if !paid.replayed {
						t.Error("the answer is not the stored one")
					}
					oneCharge(t, s, paid)
				})
			}
		})
	}
}

// A server that dies when the outcome is on disk, and its caller has not heard: the caller gets it when it asks again,
// without Stripe.
func TestM10_KilledBeforeTheReply(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			db := e.open(t)
			s := newStand(t, db, 1)
			crashWhilePaying(t, s, "finish.after_commit")
			server := s.servers[0]
			server.serve(t)
			before := len(s.stripe.posts(t))
			paid := succeeds(t, server.as(t, shop), pay(firstKey))
			if after := len(s.stripe.posts(t)); after != before || !paid.replayed {
				t.Errorf("Stripe got %d requests more, and the answer is replayed: %v", after-before, paid.replayed)
			}
			oneCharge(t, s, paid)
		})
	}
}

// The store is lost between a charge and its repetition, as with a database that fails over to one that lags: the key
// at Stripe is made of what the caller sends, so that it finds its charge there.
func TestM37_TheStoreIsLost(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			db := e.open(t)
			s := newStand(t, db, 1)
			server := s.servers[0]
			server.serve(t)
			paid := succeeds(t, server.as(t, shop), pay(firstKey))
			server.kill()
			db.lose(t)
			server.serve(t)
			again := succeeds(t, server.as(t, shop), pay(firstKey))
			if diff := paid.differs(again); diff != "" {
				t.Errorf("the answers differ (-before +after):\n%s", diff)
			}
			oneCharge(t, s, again)
		})
	}
}

// A caller is told that Stripe can not be reached, and pays with a new key: the first key never charges.
func TestM53_NothingCouldBeSent(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			db := e.open(t)
			s := newStand(t, db, 1)
			server := s.servers[0]
			if _, err := server.launch(map[string]string{"TILLGATE_STRIPE_URL": nobodyThere}); err != nil {
				t.Fatal(err)
			}
			answer := pay(firstKey)(t.Context(), server.as(t, shop, client.WithMaxAttempts(1)))
			if !answer.undone() {
				t.Fatalf("got %v, want that nothing was done", answer.err)
			}
			server.kill()
			db.passLease(t)
			server.serve(t)
			paid := succeeds(t, server.as(t, shop), pay("order-1-attempt-2"))
			<-time.After(recoveryTime)
			b := oneCharge(t, s, paid)
			if len(b.rows) != 2 || b.rows[0].State != store.Abandoned {
				t.Errorf("the operations are %+v, want one that was abandoned and one that succeeded", b.rows)
			}
		})
	}
}

// A caller's token is replaced between two tries: it is the same caller.
func TestM57_TheTokenIsReplaced(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			db := e.open(t)
			s := newStand(t, db, 1)
			crashWhilePaying(t, s, "send.after")
			s.admit(t, "-new")
			server := s.servers[0]
			server.serve(t)
			if old := pay(firstKey)(t.Context(), server.as(t, shop)); old.err == nil {
				t.Error("the old token is still good")
			}
			oneCharge(t, s, succeeds(t, server.as(t, shop+"-new"), pay(firstKey)))
		})
	}
}

// oneCharge closes the books: money moved once, for this payment.
func oneCharge(t *testing.T, s *stand, paid reply) books {
	t.Helper()
	b := s.closeBooks(t)
	ledger := s.stripe.ledger(t)
	if len(ledger) != 1 || ledger[0].Type != sandbox.MovementCharge || ledger[0].Amount != 2000 ||
		ledger[0].PaymentIntent != paid.id() {
		t.Errorf("the ledger is %+v, want one charge of 2000 for %s", ledger, paid.id())
	}
	for _, r := range b.rows {
		if r.State == store.Pending || r.State == store.Unknown {
			t.Errorf("the operation %+v has no outcome", r)
		}
	}
	return b
}
