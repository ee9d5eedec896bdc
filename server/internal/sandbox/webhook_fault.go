package sandbox

import (
	"errors"
	"fmt"
	"path"
	"time"
)

// The faults of webhooks. They are decided when an event is emitted, for all endpoints that want it, and only then
// counted; what is sent again by hand meets none. FaultDelay is one of them where its rule names event types.
const (
	// FaultLost never sends an event to any endpoint. It stands in GET /v1/events, and waits for its webhooks for ever.
	FaultLost FaultKind = "lost"
	// FaultDuplicate sends an event more than once; each time is tried again by itself until it succeeds.
	FaultDuplicate FaultKind = "duplicate"
	// FaultReorder holds an event back by a random time of up to the given delay, so that others come before it.
	FaultReorder FaultKind = "reorder"
)

// maxTimes bounds what one rule makes of an event.
const maxTimes = 100

// ofWebhooks says whether the rule is about webhooks, not about requests to the API.
func (f *Fault) ofWebhooks() bool {
	switch f.Kind {
	case FaultLost, FaultDuplicate, FaultReorder:
		return true
	case FaultDelay:
		return f.EventType != ""
	default:
		return false
	}
}

// checkWebhooks holds what goes with rules about webhooks.
func (f *Fault) checkWebhooks() error {
	switch {
	case !f.ofWebhooks() && f.EventType != "":
		return fmt.Errorf("event_type: kind %s takes none", f.Kind)
	case f.ofWebhooks() && f.Method+f.Path != "":
		return errors.New("method, path: a rule about webhooks takes none")
	case f.Kind == FaultDuplicate && (f.Times < 0 || f.Times == 1 || f.Times > maxTimes):
		return fmt.Errorf("times: must be between 2 and %d", maxTimes)
	case f.Kind != FaultDuplicate && f.Times != 0:
		return fmt.Errorf("times: kind %s takes none", f.Kind)
	}
	if _, err := path.Match(f.EventType, ""); err != nil {
		return fmt.Errorf("event_type: %w", err)
	}
	return nil
}

// fate is what the fault rules make of one event's webhooks.
type fate struct {
	lost   bool
	times  int
	delay  time.Duration
	spread time.Duration // the longest random delay
}

// fate lets every rule fire that fits, so that they add up: an event may be held back and come twice. A lost one is
// lost.
func (s *Sandbox) fate(kind string) fate {
	result := fate{times: 1}
	for _, f := range s.faults {
		if !f.ofWebhooks() || f.spent() || !f.fits(kind) || f.Probability > 0 && s.dice.Float64() >= f.Probability {
			continue
		}
		f.Fired++
		held := time.Duration(f.DelayMS) * time.Millisecond
		switch f.Kind {
		case FaultLost:
			return fate{lost: true}
		case FaultDuplicate:
			result.times += max(f.Times, 2) - 1
		case FaultReorder:
			result.spread += held
		default:
			result.delay += held
		}
	}
	return result
}

func (f *Fault) fits(kind string) bool {
	matched, _ := path.Match(f.EventType, kind) // the pattern was checked when the rule was added
	return f.EventType == "" || matched
}

// spent says whether the rule has fired as often as it may.
func (f *Fault) spent() bool { return f.Count > 0 && f.Fired >= f.Count }
