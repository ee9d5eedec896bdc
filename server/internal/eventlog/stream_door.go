package eventlog

import (
	"math/rand/v2"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

const (
	defaultMaxStreams       = 20_000
	defaultMaxCallerStreams = 5_000
	defaultOpenRate         = 200
)

// door lets streams in. After a restart all come back at once: most of them must wait, and not all for the same moment, or
// what else the server does would wait for them.
type door struct {
	limiter   *rate.Limiter
	max       int
	maxCaller int

	mu   sync.Mutex
	open map[string]int // by caller
	all  int
}

func newDoor(most, mostOfCaller, perSecond int) *door {
	d := &door{max: defaultMaxStreams, maxCaller: defaultMaxCallerStreams, open: map[string]int{}}
	if most > 0 {
		d.max = most
	}
	if mostOfCaller > 0 {
		d.maxCaller = mostOfCaller
	}
	if perSecond <= 0 {
		perSecond = defaultOpenRate
	}
	d.limiter = rate.NewLimiter(rate.Limit(perSecond), 2*perSecond)
	return d
}

// enter lets a stream in, or says with RATE_LIMITED when to come again.
func (d *door) enter(caller string) (leave func(), err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.all >= d.max:
		return nil, apierr.QuotaExceeded("streams", "too many streams are open", comeBack())
	case d.open[caller] >= d.maxCaller:
		return nil, apierr.QuotaExceeded("caller:"+caller, "the caller has too many streams open", comeBack())
	case !d.limiter.Allow():
		return nil, apierr.QuotaExceeded("streams", "too many streams are opened at once", comeBack())
	}
	d.all++
	d.open[caller]++
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.all--
		if d.open[caller]--; d.open[caller] == 0 {
			delete(d.open, caller)
		}
	}, nil
}

// comeBack is when to ask again: another moment for each.
func comeBack() time.Duration {
	return 500*time.Millisecond + rand.N(4500*time.Millisecond) //nolint:gosec // it spreads load, and keeps no secret
}
