package sandbox

import (
	"slices"
	"time"
)

// appointment is something that happens by itself at some time: a hold expires, a bank settles, a subscription renews.
type appointment struct {
	at  time.Time
	run func(*Sandbox, *call)
}

// agenda holds what is to come in one time, soonest first.
type agenda []appointment

// schedule puts an appointment behind those of the same time. It belongs to the time that the call is in: the
// sandbox's own, or that of a test clock. The caller holds mu.
func (s *Sandbox) schedule(c *call, at time.Time, run func(*Sandbox, *call)) {
	if s.world.agendas == nil {
		s.world.agendas = map[string]agenda{}
	}
	all := s.world.agendas[c.clock]
	i, _ := slices.BinarySearchFunc(all, at, func(a appointment, at time.Time) int {
		if a.at.After(at) {
			return 1
		}
		return -1
	})
	s.world.agendas[c.clock] = slices.Insert(all, i, appointment{at: at, run: run})
}

// catchUp lets everything happen that was due by now, each thing at its own time. The sandbox has no goroutine, so it
// does this before it looks at a request. What happens has no request: its events say so with nulls. The caller holds
// mu.
func (s *Sandbox) catchUp(now time.Time) {
	s.runUntil("", now)
	s.arrive(now)
}

// runUntil is catchUp for one time: that of a test clock, or the sandbox's own.
func (s *Sandbox) runUntil(clock string, now time.Time) {
	for {
		all := s.world.agendas[clock]
		if len(all) == 0 || all[0].at.After(now) {
			return
		}
		due := all[0]
		s.world.agendas[clock] = all[1:]
		due.run(s, &call{at: due.at, clock: clock})
	}
}
