package operation_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/call"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

const (
	ensureMethod = paymentsv1.CustomerService_EnsureCustomer_FullMethodName
	reference    = "user-4711"
)

// customer is the answer of a gateway that makes this one.
func customer(id string) stripegw.Result {
	return stripegw.Result{
		Verdict: stripegw.Done, Sends: 1, StripeRequestIDs: []string{"req_" + id},
		Outcome: operation.Outcome{Resource: &paymentsv1.Customer{Id: id}},
	}
}

func refused() stripegw.Result {
	return stripegw.Result{
		Verdict: stripegw.Done, Sends: 1, Err: apierr.InvalidField("customer.email", "is none"),
	}
}

// slowly makes the gateway take so long for an answer.
func (g *fakeGateway) slowly(d time.Duration, result stripegw.Result) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.write = func(context.Context, stripegw.Sending) stripegw.Result {
		<-time.After(d)
		return result
	}
}

// ensuring is one call for a reference.
type ensuring struct {
	caller, key, reference string
	over                   int64
	name                   string // of the customer
	within                 time.Duration
}

type ensured struct {
	operation.Ensured

	ctx context.Context //nolint:containedctx // what is known of the call
	err error
}

// ensure calls once.
func (m *machine) ensure(e ensuring) ensured {
	ctx, cancel := context.WithTimeout(by(context.Background(), e.caller), e.within)
	defer cancel()
	made, err := m.Ensure(ctx, ensureMethod, e.request(), e.reference, e.over)
	return ensured{Ensured: made, ctx: ctx, err: err}
}

func (e ensuring) request() *paymentsv1.EnsureCustomerRequest {
	return &paymentsv1.EnsureCustomerRequest{
		IdempotencyKey: e.key, Reference: e.reference, Customer: &paymentsv1.Customer{Name: e.name},
	}
}

// ensuring calls in the background.
func (m *machine) ensuring(e ensuring) <-chan ensured {
	answer := make(chan ensured, 1)
	go func() { answer <- m.ensure(e) }()
	return answer
}

func operationIDOf(err error) string {
	var e *apierr.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Metadata["operation_id"]
}

func (e ensured) operationID() string { return call.From(e.ctx).OperationID() }

func (e ensured) mustHaveMade(t *testing.T, id string) {
	t.Helper()
	if e.err != nil || !e.Made || e.ObjectID != "" || e.Outcome.Replayed ||
		!proto.Equal(e.Outcome.Resource, &paymentsv1.Customer{Id: id}) {
		t.Errorf("got %+v, %v; want it to have made %s now", e.Ensured, e.err, id)
	}
}

func (e ensured) mustHaveMadeBefore(t *testing.T, id string, generation int64) {
	t.Helper()
	want := operation.Ensured{Made: true, ObjectID: id, Generation: generation}
	if e.err != nil || e.Ensured != want {
		t.Errorf("got %+v, %v; want %+v", e.Ensured, e.err, want)
	}
}

func (e ensured) mustHaveFound(t *testing.T, id string, generation int64) {
	t.Helper()
	want := operation.Ensured{ObjectID: id, Generation: generation}
	if e.err != nil || e.Ensured != want {
		t.Errorf("got %+v, %v; want %+v", e.Ensured, e.err, want)
	}
}

var (
	byShop    = ensuring{caller: "shop", key: "signup-4711", reference: reference, name: "Jo", within: 5 * time.Second}
	byBilling = ensuring{caller: "billing", key: "import-4711", reference: reference, name: "J. Doe", within: 5 * time.Second}
)

// M-43: a creation that is repeated with its key is one begin, one send and one customer, whenever it is repeated.
func TestM43_CreationRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		m.gateway.answers(uncertain(noAnswer), customer("cus_1"), customer("cus_2"))
		begins := 0
		m.store.fail(func(change string) error {
			if change == "begin" {
				begins++
			}
			return nil
		}, nil)
		stop := m.recovering(t)
		defer stop()
		create := func() (operation.Outcome, error) {
			return m.Do(by(t.Context(), "shop"), paymentsv1.CustomerService_CreateCustomer_FullMethodName,
				&paymentsv1.CreateCustomerRequest{IdempotencyKey: "signup-4711"})
		}
		if _, err := create(); reasonOf(err) != "OUTCOME_PENDING" {
			t.Fatalf("the first: %v", err)
		}
		for range 3 {
			out, err := create()
			if err != nil || !out.Replayed || !proto.Equal(out.Resource, &paymentsv1.Customer{Id: "cus_1"}) {
				t.Errorf("repeated: %v, %v", out.Resource, err)
			}
		}
		// The send again is recovery's, with the same key.
		if m.gateway.sends() != 2 || m.gateway.sent[0].Key != m.gateway.sent[1].Key {
			t.Errorf("%d sends", m.gateway.sends())
		}
		list, _, err := m.Operations(t.Context(), &paymentsv1.ListOperationsRequest{}, "", "", 10)
		if err != nil || len(list) != 1 || begins == 0 {
			t.Errorf("%d operations stand, %v", len(list), err)
		}
	})
}

// M-43: however many call for one reference, one send makes one customer, and the fields of the first are taken.
func TestM43_OneReferenceOneSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t)
		first := onStore(t, &fakeGateway{}, s, operation.Scope{Account: "acct_1"})
		second := onStore(t, &fakeGateway{}, s, operation.Scope{Account: "acct_1"})
		first.gateway.slowly(time.Second, customer("cus_1"))
		second.gateway.answers(customer("cus_2"))
		maker := first.ensuring(byShop)
		synctest.Wait()
		together := first.ensuring(byBilling)
		elsewhere := second.ensuring(byBilling)
		again := first.ensuring(byShop)
		(<-maker).mustHaveMade(t, "cus_1")
		(<-together).mustHaveFound(t, "cus_1", 1)
		(<-elsewhere).mustHaveFound(t, "cus_1", 1)
		(<-again).mustHaveMadeBefore(t, "cus_1", 1)
		// Later too, and the key of who only found is not used up.
		second.ensure(byBilling).mustHaveFound(t, "cus_1", 1)
		second.ensure(byShop).mustHaveMadeBefore(t, "cus_1", 1)
		other := byBilling
		other.name = "somebody else"
		second.ensure(other).mustHaveFound(t, "cus_1", 1)
		if first.gateway.sends() != 1 || second.gateway.sends() != 0 {
			t.Errorf("%d and %d sends, want 1 and 0", first.gateway.sends(), second.gateway.sends())
		}
		// The maker's key belongs to the reference, not to the fields of the day.
		changed := byShop
		changed.name = "somebody else"
		second.ensure(changed).mustHaveMadeBefore(t, "cus_1", 1)
		reused := byShop
		reused.reference = "user-4712"
		if e := second.ensure(reused); reasonOf(e.err) != "IDEMPOTENCY_KEY_REUSED" {
			t.Errorf("another reference under the maker's key: %v", e.err)
		}
	})
}

// Whoever waits in vain hears whose operation it is that they wait for.
func TestEnsureWaitsForItsMaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		m.gateway.slowly(20*time.Second, customer("cus_1"))
		maker := m.ensuring(ensuring{caller: "shop", key: "signup-4711", reference: reference, within: time.Minute})
		synctest.Wait()
		start := time.Now()
		e := m.ensure(byBilling)
		if reasonOf(e.err) != "OPERATION_IN_PROGRESS" || time.Since(start) != 4900*time.Millisecond {
			t.Errorf("got %v after %v", e.err, time.Since(start))
		}
		ctx, cancel := context.WithCancel(by(t.Context(), "billing"))
		time.AfterFunc(time.Second, cancel)
		if _, err := m.Ensure(ctx, ensureMethod, byBilling.request(), reference, 0); !errors.Is(err, context.Canceled) {
			t.Errorf("who leaves hears %v", err)
		}
		made := <-maker
		if id := operationIDOf(e.err); id == "" || id != made.operationID() || id == e.operationID() {
			t.Errorf("it names %s, want the maker's %s", id, made.operationID())
		}
		if n := m.log.count("write ended after its caller left"); n != 0 {
			t.Errorf("the log tells %d times of a write that did not begin", n)
		}
	})
}

// Who waits for another's operation is no write under way: it takes no room, and a stop need not wait for it.
func TestEnsureHoldsNoRoomWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		m.gateway.slowly(time.Minute, customer("cus_1"))
		maker := m.ensuring(ensuring{caller: "shop", key: "signup-4711", reference: reference, within: 2 * time.Minute})
		synctest.Wait()
		var waiting []<-chan ensured
		for i := range 600 {
			e := byBilling
			e.key = "import-" + orderKey(i)
			waiting = append(waiting, m.ensuring(e))
			if i%100 == 0 {
				<-time.After(100 * time.Millisecond)
			}
		}
		<-time.After(time.Second)
		stopping, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if left := m.Drain(stopping); len(left) != 1 {
			t.Errorf("%d writes are under way, want the maker's", len(left))
		}
		for _, answer := range waiting {
			if e := <-answer; reasonOf(e.err) != "OPERATION_IN_PROGRESS" {
				t.Fatalf("got %v", e.err)
			}
		}
		(<-maker).mustHaveMade(t, "cus_1")
	})
}

// Of a maker that is UNKNOWN nobody knows whether it made the customer: nobody makes another one.
func TestEnsureWhoseMakerIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t, &fakeGateway{})
		kept := uncertain(stripeFailure)
		kept.KeepsFailing = true
		m.gateway.answers(kept, customer("cus_2"))
		maker := m.ensure(byShop)
		stop := m.recovering(t)
		waited := m.ensure(byBilling) // while it becomes UNKNOWN
		later := m.ensure(byBilling)
		stop()
		for _, e := range []ensured{waited, later} {
			if reasonOf(e.err) != "OUTCOME_PENDING" || operationIDOf(e.err) != maker.operationID() {
				t.Errorf("got %v of %s, want OUTCOME_PENDING of the maker's", e.err, operationIDOf(e.err))
			}
		}
		if m.gateway.sends() != 1 {
			t.Errorf("%d sends", m.gateway.sends())
		}
		// A person found out what became of it.
		if _, err := m.Resolve(t.Context(), &paymentsv1.ResolveOperationRequest{
			OperationId: maker.operationID(), Resolution: &paymentsv1.ResolveOperationRequest_NotDone{NotDone: true},
		}, "ops"); err != nil {
			t.Fatal(err)
		}
		m.ensure(byBilling).mustHaveMade(t, "cus_2")
		m.ensure(byShop).mustHaveFound(t, "cus_2", 2)
	})
}

// Where the maker made nothing, one of those who wait makes it, under another key at Stripe.
func TestEnsureWhoseMakerFails(t *testing.T) {
	for _, tt := range []struct {
		name   string
		result stripegw.Result
		want   string
	}{
		{"it is refused", refused(), "INVALID_FIELD"},
		{"it is abandoned", notDone(), "STRIPE_UNAVAILABLE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(t, &fakeGateway{})
				m.gateway.write = func(context.Context, stripegw.Sending) stripegw.Result {
					<-time.After(time.Second)
					if m.gateway.sends() == 1 {
						return tt.result
					}
					return customer("cus_2")
				}
				maker := m.ensuring(byShop)
				synctest.Wait()
				one := m.ensuring(byBilling)
				other := byBilling
				other.key = "import-again"
				two := m.ensuring(other)
				if e := <-maker; reasonOf(e.err) != tt.want {
					t.Errorf("the maker hears %v", e.err)
				}
				answers := []ensured{<-one, <-two}
				if answers[1].Made {
					answers[0], answers[1] = answers[1], answers[0]
				}
				answers[0].mustHaveMade(t, "cus_2")
				answers[1].mustHaveFound(t, "cus_2", 2)
				if m.gateway.sends() != 2 || m.gateway.sent[0].Key == m.gateway.sent[1].Key {
					t.Errorf("%d sends, or one key for two makers", m.gateway.sends())
				}
				if e := m.ensure(byShop); tt.want == "INVALID_FIELD" && reasonOf(e.err) != tt.want {
					t.Errorf("the maker's key answers %v", e.err)
				} else if tt.want != "INVALID_FIELD" {
					e.mustHaveFound(t, "cus_2", 2)
				}
			})
		})
	}
}

// A maker that is abandoned and begins anew has the same key at Stripe.
func TestEnsureBegunAnewByItsMaker(t *testing.T) {
	m := newMachine(t, &fakeGateway{})
	m.gateway.answers(notDone(), customer("cus_1"))
	if e := m.ensure(byShop); reasonOf(e.err) != "STRIPE_UNAVAILABLE" {
		t.Fatal(e.err)
	}
	m.ensure(byShop).mustHaveMade(t, "cus_1")
	if m.gateway.sends() != 2 || m.gateway.sent[0].Key != m.gateway.sent[1].Key {
		t.Errorf("%d sends, under one key: want two", m.gateway.sends())
	}
}

// A crash between begin and send leaves a maker that recovery brings to its end, with the same key, while others wait.
func TestEnsureIsRecovered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t)
		dead := onStore(t, &fakeGateway{}, s, operation.Scope{Account: "acct_1"})
		dead.store.fail(nil, failing(store.ErrUncertain, "begin"))
		maker := dead.ensure(byShop)
		if reasonOf(maker.err) != "OUTCOME_PENDING" || dead.gateway.sends() != 0 {
			t.Fatalf("got %v after %d sends", maker.err, dead.gateway.sends())
		}
		next := onStore(t, &fakeGateway{}, s, operation.Scope{Account: "acct_1"})
		next.gateway.answers(uncertain(noAnswer), customer("cus_1"))
		e := byBilling
		e.within = time.Minute
		follower := next.ensuring(e)
		stop := next.recovering(t)
		(<-follower).mustHaveFound(t, "cus_1", 1)
		stop()
		next.ensure(byShop).mustHaveMadeBefore(t, "cus_1", 1)
		if next.gateway.sends() != 2 {
			t.Errorf("%d sends", next.gateway.sends())
		}
		for _, sent := range next.gateway.sent {
			if sent.Key != "tg1-"+wantReferenceKey || !sent.Repeat || sent.OperationID != maker.operationID() {
				t.Errorf("recovery sent under %s, as a repetition %t", sent.Key, sent.Repeat)
			}
		}
	})
}

// A reference that cannot be begun for leaves nothing, and none is never one.
func TestEnsureRefused(t *testing.T) {
	m := newMachine(t, &fakeGateway{})
	none := byShop
	none.reference = ""
	if e := m.ensure(none); reasonOf(e.err) != "INTERNAL" {
		t.Errorf("without a reference: %v", e.err)
	}
	if _, err := m.Ensure(t.Context(), ensureMethod, byShop.request(), reference, 0); reasonOf(err) != "INTERNAL" {
		t.Errorf("without a caller: %v", err)
	}
	m.store.fail(failing(store.ErrUnavailable, "begin"), nil)
	if e := m.ensure(byShop); reasonOf(e.err) != "STORE_UNAVAILABLE" || m.gateway.sends() != 0 {
		t.Errorf("without a store: %v after %d sends", e.err, m.gateway.sends())
	}
	m.store.fail(nil, nil)
	m.gateway.answers(customer("cus_1"))
	m.ensure(byBilling).mustHaveMade(t, "cus_1")
}
