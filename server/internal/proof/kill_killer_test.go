package proof_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// lockedBody is what Stripe says of an object that somebody else is changing (https://docs.stripe.com/error-codes).
const lockedBody = `{"error": {"type": "invalid_request_error", "code": "lock_timeout", "message": "It is locked."}}`

// refusedTime is how long a life lasts in which callers are to hear that nothing was done: three sends take so long.
const refusedTime = 2500 * time.Millisecond

// killer ends one server again and again.
type killer struct {
	stand  *stand
	server *server
	lots   *rand.Rand
	kills  *atomic.Int64 // of all killers

	points map[string]int // how often the server died at each crash point
	err    error
}

// run starts the server and ends it until it is told to stop; then it leaves it running. One life in four is
// special: it ends at a crash point, or sees nothing of Stripe, or Stripe has too much to do.
func (k *killer) run(stop <-chan struct{}) {
	k.points = map[string]int{}
	points := crashPoints()
	for !isClosed(stop) && k.err == nil {
		more := map[string]string{}
		last := time.Duration(40+k.lots.IntN(400*len(k.stand.servers))) * time.Millisecond
		point := ""
		switch n := k.lots.IntN(100); {
		case n < 20:
			point, last = points[k.lots.IntN(len(points))], 1500*time.Millisecond
			more = crashAt(point)
		case n < 22:
			more["TILLGATE_STRIPE_URL"], last = nobodyThere, refusedTime
		case n < 25:
			k.err, last = k.stand.stripe.fault(k.burst()), refusedTime
		}
		if _, err := k.server.launch(more); err != nil && !errors.Is(err, errNotReady) {
			k.err = err
		}
		select {
		case <-time.After(last):
		case <-k.server.over():
			if !k.server.killed() {
				k.err = errors.New("the server ended by itself")
			}
			k.points[point]++
		}
		k.server.kill()
		k.kills.Add(1)
	}
	if k.err == nil {
		_, k.err = k.server.launch(nil)
	}
}

// burst refuses some requests in a row.
func (k *killer) burst() sandbox.Fault {
	f := sandbox.Fault{
		Kind: sandbox.FaultStatus, Method: http.MethodPost, Status: http.StatusTooManyRequests, Count: 3 + k.lots.IntN(20),
	}
	if k.lots.IntN(2) == 0 {
		f.Body = json.RawMessage(lockedBody)
	}
	return f
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
