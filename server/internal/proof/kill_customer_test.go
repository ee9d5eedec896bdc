package proof_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/tillgate/tillgate/client"
)

// callerPatience is how long a caller waits for one call; then it asks again.
const callerPatience = 8 * time.Second

// trade is all that is bought in one test, by callers that come to its servers in turn.
type trade struct {
	patient, hasty map[string][]tillgate // by caller: clients of each server, with and without repetitions of their own

	mu    sync.Mutex
	lots  *rand.Rand
	facts []*fact
	// enough is whether so many facts are enough.
	enough func(facts int) bool
}

func newTrade(t *testing.T, s *stand, lots *rand.Rand, enough func(facts int) bool) *trade {
	t.Helper()
	tr := &trade{patient: map[string][]tillgate{}, hasty: map[string][]tillgate{}, lots: lots, enough: enough}
	for _, server := range s.servers {
		for _, caller := range []string{shop, market} {
			tr.patient[caller] = append(tr.patient[caller], server.as(t, caller, client.WithTimeout(callerPatience)))
			tr.hasty[caller] = append(tr.hasty[caller], server.as(t, caller, client.WithTimeout(callerPatience),
				client.WithMaxAttempts(1)))
		}
	}
	return tr
}

// next draws another fact, or none if there are enough.
func (tr *trade) next() *fact {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if tr.enough(len(tr.facts)) {
		return nil
	}
	f := newFact(len(tr.facts), tr.lots)
	tr.facts = append(tr.facts, f)
	return f
}

// run lets so many workers bring one fact after the other to its end, until there are enough, and closes over then.
// While servers are killed all the time, that may take long: a write that a dead server was at waits for the end of its
// lease.
func (tr *trade) run(t *testing.T, workers int, over chan<- struct{}) {
	t.Helper()
	defer close(over)
	var under sync.WaitGroup
	for range workers {
		under.Go(func() {
			for f := tr.next(); f != nil && t.Context().Err() == nil; f = tr.next() {
				if !tr.live(t, f) {
					return
				}
			}
		})
	}
	under.Wait()
}

// live takes a fact through its steps.
func (tr *trade) live(t *testing.T, f *fact) bool {
	t.Helper()
	for i, w := range f.kind.writes {
		for try := 1; ; try++ {
			s := &step{method: w.name, key: client.Key("fact", f.number, i, try)}
			s.ask = w.request(f, s.key, f.payment())
			tr.settle(t.Context(), f, s)
			f.steps = append(f.steps, s)
			if t.Context().Err() != nil {
				return false // The test is over, for another reason.
			}
			if s.left {
				continue
			}
			if !w.want(s.answer) {
				t.Errorf("%s %s under %s: got %v, %v", f.kind.name, w.name, s.key, s.answer.resource, s.answer.err)
				return false
			}
			break
		}
	}
	return true
}

// settle asks until the caller knows what became of its write, whichever server is there. A caller that walks takes the
// first word that nothing was done for the truth.
func (tr *trade) settle(ctx context.Context, f *fact, s *step) {
	clients := tr.patient[f.caller]
	if f.walks {
		clients = tr.hasty[f.caller]
	}
	for n := f.number; ; n++ {
		s.answer = s.ask(ctx, clients[n%len(clients)])
		if s.left = f.walks && s.answer.undone(); s.left || s.answer.final() || ctx.Err() != nil {
			return
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// again asks once more under every key that was not left, and expects the same answer for each.
func (tr *trade) again(t *testing.T, workers int) {
	t.Helper()
	queue := make(chan *fact)
	var under sync.WaitGroup
	for range workers {
		under.Go(func() {
			for f := range queue {
				for _, s := range f.steps {
					if !s.left {
						staysSo(t, tr.patient[f.caller][f.number%len(tr.patient[f.caller])], s.ask, s.answer)
					}
				}
			}
		})
	}
	for _, f := range tr.facts {
		queue <- f
	}
	close(queue)
	under.Wait()
}
