package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

// behindProxy opens a store whose connections a test may lose, with all that it sends prepared on one of them.
func behindProxy(t *testing.T) (store.Store, *proxy, string) {
	t.Helper()
	direct := pgcluster.Database(t)
	p := newProxy(t, direct)
	s := open(t, store.Config{URL: p.url})
	warm(t, s, "op_warm")
	return s, p, direct
}

func warm(t *testing.T, s store.Store, id string) {
	t.Helper()
	begin(t, s, request(id))
	must(t, s.Hold(t.Context(), store.Hold{ID: id, Attempt: 1, Lease: lease}))
	postpone(t, s, id, store.Pending, lease)
	finish(t, s, id, 1, store.Succeeded)
}

// A commit whose answer never comes was made or was not: the store finds out which, and makes it once.
func TestM32_AnswerLost(t *testing.T) {
	for _, how := range []loss{lossOfSend, lossOfAnswer, lossAtOnce} {
		t.Run(fmt.Sprint(how), func(t *testing.T) {
			s, p, direct := behindProxy(t)
			p.loseNext(how)
			op := begin(t, s, request("op_1"))
			if op.Attempt != 1 || op.State != store.Pending || op.Sends != 1 {
				t.Errorf("it was begun as %+v", op)
			}
			warm(t, s, "op_warm_hold")
			p.loseNext(how)
			must(t, s.Hold(t.Context(), store.Hold{ID: "op_1", Attempt: 1, Lease: lease}))
			warm(t, s, "op_warm_postpone")
			p.loseNext(how)
			must(t, s.Postpone(t.Context(), store.Postpone{ID: "op_1", Attempt: 1, State: store.Unknown}))
			warm(t, s, "op_warm_finish")
			p.loseNext(how)
			must(t, s.Finish(t.Context(), store.Finish{
				ID: "op_1", Attempt: 1, State: store.Succeeded, Outcome: []byte("sealed"),
				Events: []store.Event{{ObjectID: "pi_1", Kind: "payment_intent.succeeded", Cause: "tg1-1"}},
			}))
			if op := get(t, s, "op_1"); op.State != store.Succeeded || op.Attempt != 1 || string(op.Outcome) != "sealed" {
				t.Errorf("it ended as %+v", op)
			}
			if n := count(t, engines[1].database(t, direct), `SELECT count(*) FROM events`); n != 1 {
				t.Errorf("%d events, want 1", n)
			}
		})
	}
}

// A begin for a reference whose answer never comes has made its operation the maker, once, or finds the one that is.
func TestM43_AnswerLostOfReference(t *testing.T) {
	for _, how := range []loss{lossOfSend, lossOfAnswer, lossAtOnce} {
		t.Run(fmt.Sprint(how), func(t *testing.T) {
			s, p, _ := behindProxy(t)
			warming := forReference("op_warm_reference")
			warming.Reference = "user-warm"
			takeOver(t, s, warming, 1)
			p.loseNext(how)
			if op := takeOver(t, s, forReference("op_1"), 1); op.Attempt != 1 || op.Sends != 1 {
				t.Errorf("it was begun as %+v", op)
			}
			warming.ID = "op_warm_again"
			follow(t, s, warming, "op_warm_reference")
			p.loseNext(how)
			follow(t, s, forReference("op_2"), "op_1")
			warm(t, s, "op_warm_finish")
			p.loseNext(how)
			succeed(t, s, "op_1", 1, "cus_1")
			eraseAll(t, s)
			if op := follow(t, s, forReference("op_3"), "op_1"); op.ObjectID != "cus_1" {
				t.Errorf("it made %+v", op)
			}
		})
	}
}

// Where the truth can not be learned in time, nothing is said that may prove untrue; later, the same call learns it.
func TestM32_TruthNotLearned(t *testing.T) {
	s, p, _ := behindProxy(t)
	lost := func(change func(ctx context.Context) error) {
		t.Helper()
		p.loseBy(func(p *proxy) loss {
			p.refuse(true)
			return lossOfAnswer
		})
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		wantError(t, change(ctx), store.ErrUncertain)
		p.loses.Store(nil)
		p.refuse(false)
	}
	lost(func(ctx context.Context) error {
		_, begun, err := s.Begin(ctx, request("op_1"))
		if begun {
			t.Error("it was said to be begun")
		}
		return err
	})
	if op := begin(t, s, request("op_1")); op.Attempt != 1 || op.Sends != 1 {
		t.Errorf("it was begun as %+v", op)
	}
	other := request("op_1")
	other.Token = []byte("another call's")
	if _, begun, err := s.Begin(t.Context(), other); begun || err != nil {
		t.Errorf("another call began it too: %v, %v", begun, err)
	}
	warm(t, s, "op_warm_finish")
	lost(func(ctx context.Context) error {
		return s.Finish(ctx, store.Finish{ID: "op_1", Attempt: 1, State: store.Failed})
	})
	finish(t, s, "op_1", 1, store.Failed)
	wantError(t, s.Finish(t.Context(), store.Finish{ID: "op_1", Attempt: 1, State: store.Succeeded}), store.ErrFenced)
}

// A begin that the client took for lost may reach the server after the same call has begun and abandoned the operation.
// It must not bring it back: its caller was told that nothing is sent.
func TestM32_LateBegin(t *testing.T) {
	s, p, _ := behindProxy(t)
	p.loseNext(lossThenLate)
	begin(t, s, request("op_1"))
	finish(t, s, "op_1", 1, store.Abandoned)
	close(p.late)
	<-p.answered
	if op := get(t, s, "op_1"); op.State != store.Abandoned || op.Attempt != 1 {
		t.Errorf("it is back: %+v", op)
	}
}

// Nor may it bring back what another call has begun and abandoned since.
func TestM32_LateBeginAfterAnother(t *testing.T) {
	s, p, _ := behindProxy(t)
	p.loseNext(lossThenLate)
	begin(t, s, request("op_1"))
	finish(t, s, "op_1", 1, store.Abandoned)
	other := request("op_1")
	other.Token = []byte("of another call")
	if _, begun, err := s.Begin(t.Context(), other); err != nil || !begun {
		t.Fatalf("another call: begun %t, %v", begun, err)
	}
	finish(t, s, "op_1", 2, store.Abandoned)
	close(p.late)
	<-p.answered
	if op := get(t, s, "op_1"); op.State != store.Abandoned || op.Attempt != 2 {
		t.Errorf("it is back: %+v", op)
	}
}

// Where many connections are lost, all that is said is true, and each operation is begun by one call.
func TestM32_ManyLost(t *testing.T) {
	s, p, direct := behindProxy(t)
	p.loseBy(func(*proxy) loss {
		if rand.IntN(15) > 0 {
			return 0
		}
		return loss(1 + rand.IntN(3))
	})
	const operations, callers = 150, 3
	var begun [operations]atomic.Int64
	var work sync.WaitGroup
	for caller := range callers {
		for worker := range 8 {
			work.Go(func() {
				for i := worker; i < operations; i += 8 {
					b := request(fmt.Sprintf("op_%03d", i))
					b.Token = fmt.Appendf(nil, "%d of %d", caller, i)
					if beginSurely(t, s, b) {
						begun[i].Add(1)
						finishSurely(t, s, b.ID)
					}
				}
			})
		}
	}
	work.Wait()
	p.loses.Store(nil)
	for i := range begun {
		if n := begun[i].Load(); n != 1 {
			t.Errorf("operation %d was begun %d times", i, n)
		}
	}
	db := engines[1].database(t, direct)
	if n := count(t, db, `SELECT count(*) FROM operations
		WHERE id <> 'op_warm' AND attempt = 1 AND sends = 1 AND state = 2`); n != operations {
		t.Errorf("%d operations are as they should be, want %d", n, operations)
	}
	if n := count(t, db, `SELECT count(*) FROM events`); n != operations {
		t.Errorf("%d events, want %d", n, operations)
	}
}

// beginSurely repeats a call as its caller may.
func beginSurely(t *testing.T, s store.Store, b store.Begin) bool {
	t.Helper()
	for {
		_, begun, err := s.Begin(t.Context(), b)
		if err == nil {
			return begun
		}
		if !errors.Is(err, store.ErrUncertain) && !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("Begin: %v", err)
			return false
		}
	}
}

func finishSurely(t *testing.T, s store.Store, id string) {
	t.Helper()
	for {
		err := s.Finish(t.Context(), store.Finish{
			ID: id, Attempt: 1, State: store.Succeeded, Events: []store.Event{{ObjectID: id, Kind: "kind", Cause: "cause"}},
		})
		if err == nil {
			return
		}
		if !errors.Is(err, store.ErrUncertain) && !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("Finish: %v", err)
			return
		}
	}
}
