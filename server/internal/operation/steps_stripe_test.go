package operation_test

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// What a send of a step can meet at a stepStripe. The zero value is that it works.
type meeting int

const (
	works meeting = iota
	lostBefore
	lostAfter
	failsBefore
	failsAfter
	limited
	declines
	reused
)

// stepNames are those of the steps in the tests, in order.
var stepNames = []string{"release", "schedule", stripegw.OnlyStep}

// threeSteps are the steps of an rpc that takes three; the last one needs an id of the second one's answer.
func threeSteps() []stripegw.Step {
	post := func(path, form string) stripegw.Request {
		return stripegw.Request{Method: "POST", Path: path, Form: form}
	}
	return []stripegw.Step{
		{Name: "release", Request: post("/v1/release", "a=1")},
		{Name: "schedule", Request: post("/v1/schedule", "b=2")},
		{
			Name: stripegw.OnlyStep, Request: post("/v1/"+stripegw.PathFill, "c=3"),
			Fills: []stripegw.Fill{{From: "id"}},
		},
	}
}

// stepStripe is a Stripe that does each step once under its key, in order, as the real one would, and meets its sends as
// a test says.
type stepStripe struct {
	mu sync.Mutex
	// meets is what the sends of a step meet, one after the other; then they work.
	meets map[string][]meeting
	// hidden are steps that look-ups do not find.
	hidden []string
	// done are the steps that were done, in their order.
	done []string
	// keys are those that a step was sent under, and broken those that keep a failure.
	keys   map[string]string
	broken map[string]bool
	wrong  []string
}

// newStepStripe answers for a gateway of its own, and for further ones.
func newStepStripe(meets map[string][]meeting) *stepStripe {
	return &stepStripe{meets: meets, keys: map[string]string{}, broken: map[string]bool{}}
}

// gateway is one server's way to it.
func (s *stepStripe) gateway() *fakeGateway {
	return &fakeGateway{steps: threeSteps(), write: s.write, lookUp: s.lookUp}
}

func stepOf(path string) string {
	if name := strings.TrimPrefix(path, "/v1/"); name != "made_schedule" {
		return name
	}
	return stripegw.OnlyStep
}

func (s *stepStripe) write(_ context.Context, sending stripegw.Sending) stripegw.Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	step := stepOf(sending.Request.Path)
	switch i := slices.Index(stepNames, step); {
	case i < 0:
		s.wrong = append(s.wrong, "sent to "+sending.Request.Path)
	case !slices.Equal(s.done[:min(i, len(s.done))], stepNames[:i]) && len(sending.Next) == len(stepNames)-1-i:
		s.wrong = append(s.wrong, step+" is sent before its time")
	}
	for of, key := range s.keys {
		if (of == step) != (key == sending.Key) {
			s.wrong = append(s.wrong, step+" is sent under a key of "+of)
		}
	}
	s.keys[step] = sending.Key
	met := works
	if left := s.meets[step]; len(left) > 0 {
		met, s.meets[step] = left[0], left[1:]
	}
	if met != lostBefore && met != limited && met != failsBefore && met != declines && met != reused && !s.broken[sending.Key] {
		s.effect(step)
	}
	switch {
	case s.broken[sending.Key]:
		kept := uncertain(stripeFailure)
		kept.KeepsFailing = true
		return kept
	case met == lostBefore || met == lostAfter:
		return uncertain(noAnswer)
	case met == failsBefore || met == failsAfter:
		s.broken[sending.Key] = true
		return uncertain(stripeFailure)
	case met == limited:
		return notDone()
	case met == reused:
		return otherBytes()
	case met == declines:
		return declined("pi_" + step)
	default:
		result := paid("pi_" + step)
		result.Next = following(step, sending.Next)
		return result
	}
}

func (s *stepStripe) effect(step string) {
	if !slices.Contains(s.done, step) {
		s.done = append(s.done, step)
	}
}

// following fills the steps that follow from the answer to this one.
func following(step string, next []stripegw.Step) []stripegw.Step {
	next = slices.Clone(next)
	if len(next) > 0 && len(next[0].Fills) > 0 {
		next[0].Request.Path = strings.Replace(next[0].Request.Path, stripegw.PathFill, "made_"+step, 1)
		next[0].Fills = nil
	}
	return next
}

func (s *stepStripe) lookUp(search stripegw.Search) (stripegw.Finding, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	step := stepOf(search.Request.Path)
	if !slices.Contains(s.done, step) || slices.Contains(s.hidden, step) {
		return stripegw.Finding{}, nil
	}
	return stripegw.Finding{
		Found: true, Outcome: paid("pi_" + step).Outcome, Next: following(step, search.Next),
	}, nil
}

// did fails the test if it did not do just these steps, each under a key of its own.
func (s *stepStripe) did(t *testing.T, want ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if diff := cmp.Diff(want, s.done, cmp.Transformer("none", func(l []string) []string { return append([]string{}, l...) })); diff != "" {
		t.Errorf("the steps that were done (-want +got):\n%s", diff)
	}
	for _, wrong := range s.wrong {
		t.Error(wrong)
	}
}

// crashesAt ends the goroutine that comes to a point for the nth time, as the end of its process would.
func crashesAt(point string, n int, crashed *atomic.Bool) func(string) {
	var mu sync.Mutex
	return func(at string) {
		mu.Lock()
		defer mu.Unlock()
		if at != point {
			return
		}
		if n--; n == 0 {
			crashed.Store(true)
			runtime.Goexit()
		}
	}
}

// on is one more server on a store, which may crash.
func (s *stepStripe) on(t *testing.T, db store.Store, crash func(string)) *machine {
	t.Helper()
	m := onStore(t, s.gateway(), db, operation.Scope{Account: "acct_1"})
	m.Runner = m.with(sealKeys(t), crash)
	return m
}

// toldOnce fails the test unless the servers wrote one end, with one event: of the last step, under its key.
func (s *stepStripe) toldOnce(t *testing.T, servers ...*machine) {
	t.Helper()
	var ends []store.Finish
	for _, m := range servers {
		ends = append(ends, m.store.ended()...)
	}
	if len(ends) != 1 || len(ends[0].Events) != 1 {
		t.Fatalf("the ends are %+v, want one with one event", ends)
	}
	event := ends[0].Events[0]
	if event.ObjectID != "pi_1" || event.Cause != s.keys[stripegw.OnlyStep] {
		t.Errorf("it tells of %s by %s, want pi_1 by %s", event.ObjectID, event.Cause, s.keys[stripegw.OnlyStep])
	}
}

func metadataOf(err error, key string) string { return apierr.From(err).Metadata[key] }

const heldBack = paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_HELD_BACK
