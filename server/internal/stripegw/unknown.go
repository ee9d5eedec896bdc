package stripegw

import (
	"log/slog"
	"sync"
)

// maxUnknown is how many unknown values are remembered. Stripe adds a few a year; what is beyond is not logged.
const maxUnknown = 256

// unknownValues tells the log, once each, of values of Stripe's that our tables lack: callers see UNSPECIFIED for them.
type unknownValues struct {
	logger *slog.Logger

	mu   sync.Mutex
	seen map[[2]string]struct{}
}

// warn takes the place of the value, for example `payment.status`, and the value. The value is an enum of Stripe's;
// what does not look like one stays out of the log.
func (u *unknownValues) warn(place, value string) {
	if u.isNew(place, value) {
		u.logger.Warn("Stripe sent a value that this build does not know", "place", place, "value", token(value))
	}
}

func (u *unknownValues) isNew(place, value string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	key := [2]string{place, value}
	if _, ok := u.seen[key]; ok || len(u.seen) >= maxUnknown {
		return false
	}
	if u.seen == nil {
		u.seen = make(map[[2]string]struct{})
	}
	u.seen[key] = struct{}{}
	return true
}
