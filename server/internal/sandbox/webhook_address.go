package sandbox

import "time"

// address finds the endpoints that an event is for, and puts it on its way to them, as the fault rules say.
func (s *Sandbox) address(e *event) {
	var to []string
	for _, w := range s.world.endpoints.rows {
		if w.wants(e) {
			to = append(to, w.ID)
		}
	}
	e.owed, e.PendingWebhooks = to, len(to)
	if len(to) == 0 {
		return
	}
	fate := s.fate(e.Type)
	if fate.lost {
		return
	}
	for _, endpoint := range to {
		for range fate.times {
			s.enqueue(&outgoing{event: e.ID, kind: e.Type, endpoint: endpoint}, fate.delay+s.upTo(fate.spread))
		}
	}
}

// enqueue puts something on its way, and wakes Deliver.
func (s *Sandbox) enqueue(out *outgoing, delay time.Duration) {
	out.due = s.now().Add(delay)
	out.since = out.due
	if s.world.outbox.add(out) {
		s.wake()
	}
}

// upTo throws a duration between nothing and a limit.
func (s *Sandbox) upTo(limit time.Duration) time.Duration {
	if limit == 0 {
		return 0
	}
	return time.Duration(s.dice.Int64N(int64(limit) + 1))
}
