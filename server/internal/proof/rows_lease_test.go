package proof_test

import (
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// leaseTime is longer than a lease.
const leaseTime = 17 * time.Second

// A server stands still for longer than its lease, while Stripe's answer waits for it, or the end of its connection.
// Another one recovers the write; what the first one does when it goes on is too late: it neither sends nor writes. The
// small size ends the lease in the database; the full one waits.
func TestM28_StopsForLongerThanItsLease(t *testing.T) {
	t.Parallel()
	delay := sandbox.Fault{Kind: sandbox.FaultDelay, Method: "POST", DelayMS: 1000, Count: 1}
	for name, faults := range map[string][]sandbox.Fault{
		"answered":   {delay},
		"unanswered": {delay, {Kind: sandbox.FaultDropAfter, Method: "POST", Count: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, e := range engines(t) {
				if e.replicas < 2 {
					continue
				}
				t.Run(e.name, func(t *testing.T) { testStop(t, newStand(t, e.open(t), e.replicas), faults) })
			}
		})
	}
}

func testStop(t *testing.T, s *stand, faults []sandbox.Fault) {
	t.Helper()
	for _, server := range s.servers {
		server.serve(t)
	}
	for _, f := range faults {
		s.stripe.breaks(t, f)
	}
	stopped, other := s.servers[0], s.servers[1]
	answer := asking(t, stopped.as(t, shop, client.WithTimeout(4*longWait), client.WithMaxAttempts(1)), pay(firstKey))
	s.stripe.moves(t)
	stopped.signal(t, syscall.SIGSTOP)
	if *full {
		<-time.After(leaseTime)
	} else {
		s.db.passLease(t)
	}
	other.rests(t)
	paid := succeeds(t, other.as(t, shop), pay(firstKey))
	before := len(s.stripe.posts(t))

	stopped.signal(t, syscall.SIGCONT)
	late := <-answer
	if late.undone() {
		t.Errorf("the server that stood still says that nothing was done: %v", late.err)
	}
	if diff := paid.differs(late); late.final() && diff != "" {
		t.Errorf("the server that stood still tells something else (-other +late):\n%s", diff)
	}
	if open := other.operations(t, unresolved...); len(open) != 0 {
		t.Errorf("the server that stood still opened %v again", open)
	}
	staysSo(t, stopped.as(t, shop), pay(firstKey), paid)
	if posts := s.stripe.posts(t); len(posts) != before {
		t.Errorf("the server that stood still sent again: %+v", posts)
	}
	oneCharge(t, s, paid)
}

// No server ran for five hours, and a write was open: it is not sent again, for Stripe may forget keys. It is looked
// for, and where it is not found, its outcome stays unknown, and a person is called.
func TestM30_OlderThanTheResendWindow(t *testing.T) { testOldWrite(t, "--resend-window", "1m") }

// The same within the window that is the default.
func TestM54_DownForFiveHours(t *testing.T) { testOldWrite(t) }

func testOldWrite(t *testing.T, flags ...string) {
	t.Helper()
	t.Parallel()
	for _, test := range []struct {
		name, point string
		found       bool
	}{
		{"never sent", "send.before", false},
		{"done", "send.after", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, e := range engines(t) {
				t.Run(e.name, func(t *testing.T) {
					db := e.open(t)
					s := newStand(t, db, 1, flags...)
					crashWhilePaying(t, s, test.point)
					db.change(t, "UPDATE operations SET begin_time = begin_time - 18000000000",
						"UPDATE operations SET begin_time = begin_time - interval '5 hours'")
					before := len(s.stripe.posts(t))
					server := s.servers[0]
					server.serve(t)
					if test.found {
						server.rests(t)
						oneCharge(t, s, succeeds(t, server.as(t, shop), pay(firstKey)))
					} else {
						staysUnknown(t, s)
					}
					if posts := s.stripe.posts(t); len(posts) != before {
						t.Errorf("Stripe got %v, want nothing that was sent again", posts)
					}
				})
			}
		})
	}
}

// staysUnknown waits until the one operation is UNKNOWN, and checks who is told of it.
func staysUnknown(t *testing.T, s *stand) {
	t.Helper()
	server := s.servers[0]
	poll(t, "the operation to be unknown", func() bool {
		return len(server.operations(t, paymentsv1.OperationState_OPERATION_STATE_UNKNOWN)) == 1
	})
	poll(t, "the alert", func() bool { return len(server.log.lines("operation unknown")) == 1 })
	answer := pay(firstKey)(t.Context(), server.as(t, shop, client.WithMaxAttempts(1)))
	if answer.reason() != paymentsv1.ErrorReason_ERROR_REASON_OUTCOME_PENDING || status.Code(answer.err) != codes.Unknown {
		t.Errorf("the caller is told %v, want OUTCOME_PENDING", answer.err)
	}
	server.kill()
	if ledger := s.stripe.ledger(t); len(ledger) != 0 {
		t.Errorf("money moved: %+v", ledger)
	}
}
