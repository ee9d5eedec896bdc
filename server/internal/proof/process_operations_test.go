package proof_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/sandbox"
	"github.com/tillgate/tillgate/server/internal/store"
)

// unresolved are the states of an operation whose outcome is not known yet.
var unresolved = []paymentsv1.OperationState{
	paymentsv1.OperationState_OPERATION_STATE_PENDING, paymentsv1.OperationState_OPERATION_STATE_UNKNOWN,
}

// dial returns a connection to a server without a client of ours.
func (s *server) dial(t *testing.T, opts ...grpc.DialOption) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(s.addr, append([]grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()), impatient(),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func bearer(ctx context.Context, token string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
}

// listOperations reads all pages, as the operator.
func listOperations(
	ctx context.Context, conn grpc.ClientConnInterface, states ...paymentsv1.OperationState,
) ([]*paymentsv1.Operation, error) {
	ctx, cancel := context.WithTimeout(bearer(ctx, operator), longWait)
	defer cancel()
	var all []*paymentsv1.Operation
	request := &paymentsv1.ListOperationsRequest{PageSize: 100, States: states}
	for {
		page, err := paymentsv1.NewOperationServiceClient(conn).ListOperations(ctx, request, grpc.WaitForReady(true))
		if err != nil {
			return nil, err
		}
		all = append(all, page.GetOperations()...)
		if page.GetNextPageToken() == "" {
			return all, nil
		}
		request.PageToken = page.GetNextPageToken()
	}
}

// rests waits until every operation has its outcome, as all must within a minute once nothing fails any more (T-04).
func (s *server) rests(t *testing.T) {
	t.Helper()
	start := time.Now()
	for {
		pending := s.operations(t, unresolved...)
		if len(pending) == 0 {
			return
		}
		if time.Since(start) > time.Minute {
			t.Fatalf("a minute after the last fault %d operations have no outcome: %v ...", len(pending), pending[0])
		}
		<-time.After(50 * time.Millisecond)
	}
}

// books are what stands when all is over.
type books struct {
	rows   []row
	events []event
}

// closeBooks stops the servers and checks what must hold whatever happened (T-03): no key of ours moved money twice,
// each movement is that of an operation that succeeded and is told by one event, and each outcome has one event.
// Operations that are still open are for the test to judge.
func (s *stand) closeBooks(t *testing.T) books {
	t.Helper()
	for _, server := range s.servers {
		server.kill()
	}
	b := books{rows: s.db.rows(t)}
	causes, all := map[string]event{}, s.db.events(t)
	for _, e := range all {
		if strings.HasPrefix(e.Cause, ourKeys) && strings.HasPrefix(e.Kind, "payment_intent.") {
			causes[e.Cause] = e // Stripe tells of it, too.
		}
	}
	for _, r := range b.rows {
		declined := r.State == store.Failed && (r.Reason == int(paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_DECLINED) ||
			r.Reason == int(paymentsv1.ErrorReason_ERROR_REASON_AUTHENTICATION_REQUIRED))
		if r.told() && (r.State == store.Succeeded || declined) {
			if e, ok := r.event(t, all); ok {
				b.events, causes[e.Cause] = append(b.events, e), e
			}
		}
	}
	s.checkLedger(t, b, causes)
	return b
}

// event is the one that tells of an operation, and must be there. Stripe, which the repair loop asks, tells of more under
// the same cause; where it told of this first, it is the same event.
func (r row) event(t *testing.T, all []event) (event, bool) {
	t.Helper()
	var told, heard []event
	for _, e := range all {
		switch {
		case e.OperationID == r.ID:
			told = append(told, e)
		case e.Cause == r.Cause && e.ObjectID == r.ObjectID:
			heard = append(heard, e)
		}
	}
	if len(told) > 1 {
		t.Errorf("%s has two events: %v", r.ID, told)
	}
	for _, e := range append(told, heard...) {
		if e.OperationID != "" || len(heard) == 1 || !strings.HasSuffix(e.Kind, ".created") {
			return e, true
		}
	}
	t.Errorf("no event tells of %+v: %v", r, all)
	return event{}, false
}

func (s *stand) checkLedger(t *testing.T, b books, causes map[string]event) {
	t.Helper()
	type movement struct{ key, kind string }
	seen := map[movement]bool{}
	succeeded := map[string]row{}
	for _, r := range b.rows {
		if r.State == store.Succeeded {
			succeeded[r.ObjectID] = r
		}
	}
	for _, entry := range s.stripe.ledger(t) {
		m := movement{entry.IdempotencyKey, string(entry.Type)}
		if seen[m] {
			t.Errorf("one write moved money twice: %+v", entry)
		}
		seen[m] = true
		object := entry.PaymentIntent
		if entry.Type == sandbox.MovementRefund || entry.Type == sandbox.MovementRefundCanceled {
			object = entry.Refund // A release has one too, which is not what was asked for.
		}
		e, ok := causes[entry.IdempotencyKey]
		if !ok || e.ObjectID != object && !slices.Contains(s.stripe.paidFor(t, entry.PaymentIntent), e.ObjectID) {
			t.Errorf("money moved without an event: %+v, event %v", entry, e)
		}
		if _, ok := succeeded[e.ObjectID]; !ok {
			t.Errorf("money moved without an operation that succeeded: %+v", entry)
		}
	}
}
