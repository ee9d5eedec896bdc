package sandbox

import (
	"slices"
	"time"
)

// maxRequests bounds the memory of the request log; the oldest go first.
const maxRequests = 50_000

// RequestEntry is one request to the API, also one that was refused or broken on purpose.
type RequestEntry struct {
	Method         string    `json:"method"`
	Path           string    `json:"path"`
	IdempotencyKey string    `json:"idempotency_key"`
	RequestID      string    `json:"request_id"`
	Status         int       `json:"status"` // 0 when the connection was dropped
	Replayed       bool      `json:"replayed"`
	Time           time.Time `json:"time"`
}

type requestLog struct {
	entries []RequestEntry
	next    int // where the next entry goes once the log is full
}

func (l *requestLog) add(c *call, a answer) {
	e := RequestEntry{
		Method: c.method, Path: c.path, IdempotencyKey: c.key, RequestID: c.requestID, Status: a.status, Time: c.received,
		Replayed: a.header.Get("Idempotent-Replayed") != "",
	}
	if a.delivery == dropped {
		e.Status = 0
	}
	if len(l.entries) < maxRequests {
		l.entries = append(l.entries, e)
		return
	}
	l.entries[l.next] = e
	l.next = (l.next + 1) % maxRequests
}

// Requests gives the last requests, oldest first; a key, where one is given, picks those that carried it. So a test
// counts how often the service sent one operation.
func (s *Sandbox) Requests(key string) []RequestEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Concat(s.requests.entries[s.requests.next:], s.requests.entries[:s.requests.next])
	if key == "" {
		return all
	}
	return slices.DeleteFunc(all, func(e RequestEntry) bool { return e.IdempotencyKey != key })
}
