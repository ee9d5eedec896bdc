package sandbox

import (
	"slices"
	"time"
)

// appointment is something that happens by itself at some time: a hold expires, a bank settles.
type appointment struct {
	at  time.Time
	run func(*Sandbox, *call)
}

// schedule puts an appointment behind those of the same time. The caller holds mu.
func (s *Sandbox) schedule(at time.Time, run func(*Sandbox, *call)) {
	agenda := s.world.agenda
	i, _ := slices.BinarySearchFunc(agenda, at, func(a appointment, at time.Time) int {
		if a.at.After(at) {
			return 1
		}
		return -1
	})
	s.world.agenda = slices.Insert(agenda, i, appointment{at: at, run: run})
}

// catchUp lets everything happen that was due by now, each thing at its own time. The sandbox has no goroutine, so it
// does this before it looks at a request. What happens has no request: its events say so with nulls. The caller holds
// mu.
func (s *Sandbox) catchUp(now time.Time) {
	for len(s.world.agenda) > 0 && !s.world.agenda[0].at.After(now) {
		due := s.world.agenda[0]
		s.world.agenda = s.world.agenda[1:]
		due.run(s, &call{at: due.at})
	}
}
