package sandbox

import (
	"net/http"
	"slices"
	"time"
)

// retryAfter is how long after each try the next one follows, by the sandbox's clock; after the last of these it is the
// same again. Stripe says no more than that it tries for up to three days with a growing back-off. The first three are
// the sandbox's own: who starts a receiver again shall not wait for a minute.
var retryAfter = []time.Duration{
	time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour,
	5 * time.Hour, 10 * time.Hour, 12 * time.Hour,
}

// retriesEnd is how long a webhook is tried (docs.stripe.com/webhooks).
const retriesEnd = 3 * 24 * time.Hour

// nextWebhook takes what is due next out of the outbox; nil means that nothing is. The caller holds mu.
func (s *Sandbox) nextWebhook(now time.Time) *webhook {
	for {
		out := s.world.outbox.take(now, s.webhooksAtOnce())
		if out == nil {
			return nil
		}
		if w := s.webhook(out); w != nil {
			return w
		}
		s.world.outbox.back(out, false)
	}
}

// webhook is what one try sends. There is nothing to send for an event that was forgotten, nor to an endpoint that was
// disabled: Stripe does not try these again.
func (s *Sandbox) webhook(out *outgoing) *webhook {
	to, known := s.world.endpoints.get(out.endpoint)
	if !known || to.Status != endpointEnabled {
		return nil
	}
	// The signature carries the time without what Advance added to it: the receiver's clock does not show that.
	w := &webhook{outgoing: out, url: to.URL, secret: to.secret, at: s.clock(), body: out.raw}
	if out.raw != nil {
		return w
	}
	stored, known := s.world.events.get(out.event)
	if !known {
		return nil
	}
	told := *stored
	if to.APIVersion != "" && !told.made {
		told.APIVersion = string(to.APIVersion)
	}
	w.told = &told
	return w
}

// tried notes the result of a try, and when the next one follows. The caller holds mu.
func (s *Sandbox) tried(out *outgoing, status int) {
	now := s.now()
	out.attempts++
	s.attempts.add(DeliveryEntry{
		Event: out.event, Type: out.kind, Endpoint: out.endpoint, Attempt: out.attempts, Status: status, Time: now,
	})
	if status >= http.StatusOK && status < http.StatusMultipleChoices {
		s.world.outbox.back(out, false)
		s.settleWebhook(out.event, out.endpoint)
		return
	}
	out.due = now.Add(retryAfter[min(out.attempts, len(retryAfter))-1])
	s.world.outbox.back(out, !out.due.After(out.since.Add(retriesEnd)))
}

// settleWebhook says that an endpoint has got an event, or will never get it.
func (s *Sandbox) settleWebhook(id, endpoint string) {
	e, known := s.world.events.get(id)
	if !known || !slices.Contains(e.owed, endpoint) {
		return
	}
	next := *e
	next.owed = slices.DeleteFunc(slices.Clone(e.owed), func(to string) bool { return to == endpoint })
	next.PendingWebhooks = len(next.owed)
	s.world.events.put(id, &next)
}
