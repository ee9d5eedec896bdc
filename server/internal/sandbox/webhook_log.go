package sandbox

import (
	"slices"
	"time"
)

// maxAttempts bounds the log of tries; the oldest go first.
const maxAttempts = 1000

// DeliveryEntry is one try to bring an event to an endpoint.
type DeliveryEntry struct {
	Event    string    `json:"event"`
	Type     string    `json:"type"`
	Endpoint string    `json:"endpoint"`
	Attempt  int       `json:"attempt"` // 1 is the first
	Status   int       `json:"status"`  // 0 when there was no answer
	Time     time.Time `json:"time"`
}

type attemptLog struct {
	entries []DeliveryEntry
	next    int // where the next entry goes once the log is full
}

func (l *attemptLog) add(e DeliveryEntry) {
	if len(l.entries) < maxAttempts {
		l.entries = append(l.entries, e)
		return
	}
	l.entries[l.next] = e
	l.next = (l.next + 1) % maxAttempts
}

// Deliveries gives the last 1,000 tries to deliver a webhook, oldest first.
func (s *Sandbox) Deliveries() []DeliveryEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Concat(s.attempts.entries[s.attempts.next:], s.attempts.entries[:s.attempts.next])
}

// Undelivered is how many webhooks are on their way, or wait for another try.
func (s *Sandbox) Undelivered() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.world.outbox.size
}

// EventEntry is one event as a test judges it.
type EventEntry struct {
	ID      string
	Type    string
	Object  string // the id of what it is about
	Created int64
	Pending int // the endpoints that have not got it
}

// Events gives every event that the sandbox holds, oldest first: what a log of events must hold in the end.
func (s *Sandbox) Events() []EventEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.catchUp(now)
	s.forgetEvents(now)
	all := make([]EventEntry, 0, len(s.world.events.rows))
	for _, e := range s.world.events.rows {
		all = append(all, EventEntry{
			ID: e.ID, Type: e.Type, Object: e.Data.now.identity(), Created: e.Created, Pending: e.PendingWebhooks,
		})
	}
	return all
}
