package proof_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// ensured is what a call heard of the customer of a reference.
type ensured struct {
	id      string
	created bool
	err     error
}

// 200 calls of two callers ask for the customer of one reference at the same time, each under a key of its own, at servers
// that are killed meanwhile and a Stripe that loses answers: one customer is made, all hear of it, and the one call that
// made it hears that it did, then and whenever it asks again.
func TestM43_OneReferenceUnderKills(t *testing.T) {
	for _, e := range engines(t) {
		t.Run(e.name, func(t *testing.T) {
			db := e.open(t)
			drawn, s := lots(t), newStand(t, db, db.replicas)
			for _, f := range []sandbox.Fault{
				{Kind: sandbox.FaultDropAfter, Method: http.MethodPost, Probability: 0.3},
				{Kind: sandbox.FaultDropBefore, Method: http.MethodPost, Probability: 0.2},
			} {
				s.stripe.breaks(t, f)
			}
			var killed atomic.Int64
			killers := startKillers(s, drawn, &killed)
			const calls = 200
			var under sync.WaitGroup
			heard := make([]ensured, calls)
			for i := range calls {
				customers := s.servers[i%len(s.servers)].customersAs(t, []string{shop, market}[i/2%2])
				under.Go(func() { heard[i] = ensure(t.Context(), customers, i) })
			}
			poll(t, "the kills", func() bool { return killed.Load() >= int64(size(4, 40)) || killers.failed() })
			killers.stop(t)
			s.stripe.heal(t)
			s.servers[0].rests(t)
			under.Wait()

			makers := 0
			for i, got := range heard {
				if got.err != nil || got.id != heard[0].id {
					t.Errorf("call %d heard %+v, want customer %s", i, got, heard[0].id)
				}
				if got.created {
					makers++
					again := ensure(t.Context(), s.servers[0].customersAs(t, []string{shop, market}[i/2%2]), i)
					if again != got {
						t.Errorf("asked again, who made it heard %+v, before %+v", again, got)
					}
				}
			}
			var at struct {
				Data []struct{ ID string } `json:"data"`
			}
			if err := s.stripe.exchange(http.MethodGet, "/v1/customers?limit=100", "", nil, &at); err != nil {
				t.Fatal(err)
			}
			if makers != 1 || len(at.Data) != 1 || at.Data[0].ID != heard[0].id {
				t.Errorf("%d calls created it, Stripe has %v; want one customer, %s", makers, at.Data, heard[0].id)
			}
			t.Logf("%d calls, %d kills at %v", calls, killed.Load(), killers.points())
		})
	}
}

// customersAs is `as` for customers.
func (s *server) customersAs(t *testing.T, caller string) paymentsv1.CustomerServiceClient {
	t.Helper()
	made, err := client.New(s.addr,
		client.WithInsecure(), client.WithToken(caller), client.WithTimeout(longWait), client.WithDialOptions(impatient()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(made.Close)
	return made.Customers
}

// ensure asks for the customer until the answer is final.
func ensure(ctx context.Context, customers paymentsv1.CustomerServiceClient, call int) ensured {
	ctx, cancel := context.WithTimeout(ctx, 6*longWait)
	defer cancel()
	for {
		answer, err := customers.EnsureCustomer(ctx, &paymentsv1.EnsureCustomerRequest{
			IdempotencyKey: fmt.Sprintf("ensure-user-4711-%d", call), Reference: "user-4711",
			Customer: &paymentsv1.Customer{Description: fmt.Sprintf("as call %d has it", call)},
		})
		heard := reply{err: err}
		if err == nil || heard.final() && !heard.undone() || ctx.Err() != nil {
			return ensured{answer.GetCustomer().GetId(), answer.GetCreated(), err}
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}
