package sandbox_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// together sends requests at once and gives their statuses.
func together(requests ...func() reply) map[int]int {
	var mu sync.Mutex
	var wg sync.WaitGroup
	statuses := map[int]int{}
	for _, send := range requests {
		wg.Go(func() {
			got := send()
			mu.Lock()
			statuses[got.status]++
			mu.Unlock()
		})
	}
	wg.Wait()
	return statuses
}

// Two refunds that together are too much: exactly one wins (M-41).
func TestM41_TwoRefundsAtOnce(t *testing.T) {
	t.Parallel()
	a := newAPI()
	for i := range 25 {
		id := a.pay(t, "pm_card_visa", "").text("id")
		send := func(name string) func() reply {
			return func() reply { return a.refund(t, id, "&amount=1500", key(fmt.Sprint(name, i))) }
		}
		if got := together(send("a"), send("b")); got[200] != 1 || got[400] != 1 {
			t.Fatalf("answers %v", got)
		}
		if paid := a.paidFor(id); paid != 500 {
			t.Fatalf("the customer paid %d", paid)
		}
	}
	a.checkInvariants(t)
}

// Two captures with two keys: one wins, the other is told why not (M-42).
func TestM42_TwoCapturesAtOnce(t *testing.T) {
	t.Parallel()
	a := newAPI()
	for i := range 25 {
		id := a.hold(t, "").text("id")
		send := func(name string) func() reply {
			return func() reply { return a.capture(t, id, "amount_to_capture=1500", key(fmt.Sprint(name, i))) }
		}
		if got := together(send("a"), send("b")); got[200] != 1 || got[400] != 1 {
			t.Fatalf("answers %v", got)
		}
		if paid := a.paidFor(id); paid != 1500 {
			t.Fatalf("the customer paid %d", paid)
		}
	}
}

// A capture and a cancellation: one of them happens, whole.
func TestM42_CaptureAgainstCancel(t *testing.T) {
	t.Parallel()
	a := newAPI()
	captured := 0
	for range 25 {
		id := a.hold(t, "").text("id")
		got := together(
			func() reply { return a.capture(t, id, "") },
			func() reply { return a.cancel(t, id, "") },
			func() reply { return a.post(t, intentsPath+"/"+id, "metadata[k]=v") },
		)
		if got[200] != 2 || got[400] != 1 {
			t.Fatalf("answers %v", got)
		}
		moves := a.movements(id)
		if len(moves) != 2 {
			t.Fatalf("movements %+v", moves)
		}
		if moves[1].Type == sandbox.MovementCapture {
			captured++
		}
	}
	a.checkInvariants(t)
	t.Logf("captured %d of 25", captured)
}

// Readers see whole objects while others write, and the clock moves meanwhile.
func TestT01_ReadersAndTheClock(t *testing.T) {
	t.Parallel()
	a := newAPI()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for range 15 {
				id := a.hold(t, "").text("id")
				a.capture(t, id, "amount_to_capture=500")
				a.refund(t, id, "&amount=100")
			}
		})
		wg.Go(func() {
			for range 10 {
				a.get(t, intentsPath, "limit=20&expand[]=data.latest_charge.refunds").want(t, 200, nil)
				a.get(t, eventsPath, "").want(t, 200, nil)
				a.Advance(1e9)
			}
		})
	}
	wg.Wait()
	a.checkInvariants(t)
}
