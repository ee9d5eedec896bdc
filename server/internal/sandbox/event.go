package sandbox

import (
	"encoding/json"
	"time"
)

// Events are kept for 30 days (stripe-go event.go), and not more of them than a long test makes.
const (
	eventLife = 30 * 24 * time.Hour
	maxEvents = 100_000
)

// event is Stripe's object for something that happened. Its data never changes, whatever becomes of the object.
type event struct {
	ID              string       `json:"id"`
	Object          string       `json:"object"`
	Account         string       `json:"account,omitempty"` // of Connect alone
	APIVersion      string       `json:"api_version"`
	Created         int64        `json:"created"`
	Data            eventData    `json:"data"`
	Livemode        bool         `json:"livemode"`
	PendingWebhooks int          `json:"pending_webhooks"`
	Request         eventRequest `json:"request"`
	Type            string       `json:"type"`

	recorded int64    // when it was made; a test clock may have been in another year
	owed     []string // the endpoints that have not got it yet
	made     bool     // by a test
}

// eventData holds the object as it was then. Since objects are replaced and never changed, it needs no copy, and is
// written only when somebody reads the event.
type eventData struct {
	now    subject
	before subject         // nil where Stripe does not tell what changed
	told   json.RawMessage // what changed, where a test says it
}

// MarshalJSON writes the object and, where it applies, previous_attributes.
func (d eventData) MarshalJSON() ([]byte, error) {
	written := struct {
		Object             json.RawMessage `json:"object"`
		PreviousAttributes any             `json:"previous_attributes,omitempty"`
	}{Object: compact(d.now)}
	if d.told != nil {
		written.PreviousAttributes = d.told
	}
	if d.before != nil {
		if before := previous(compact(d.before), written.Object); len(before) > 0 {
			written.PreviousAttributes = before
		}
	}
	return json.Marshal(written)
}

// eventRequest is all null for what no request caused.
type eventRequest struct {
	ID             nullString `json:"id"`
	IdempotencyKey nullString `json:"idempotency_key"`
}

// subject is an object that events are about.
type subject interface{ identity() string }

func (p *paymentIntent) identity() string { return p.ID }
func (c *charge) identity() string        { return c.ID }
func (r *refund) identity() string        { return r.ID }

// emit records what happened to an object as it now stands: from here on the caller must not change it. Where Stripe
// tells what changed, before is the object as it was; else it is nil. The caller holds mu.
func (s *Sandbox) emit(c *call, kind string, now, before subject) {
	e := &event{
		ID: s.eventID(c, now), Object: "event", APIVersion: apiVersion, Created: c.at.Unix(),
		Data:    eventData{now: now, before: before},
		Request: eventRequest{ID: nullString(c.requestID), IdempotencyKey: nullString(c.echoed)}, Type: kind,
	}
	e.recorded = e.Created
	if c.clock != "" {
		e.recorded = s.now().Unix()
	}
	s.publish(e)
}

// publish keeps an event and sends it to the endpoints that want it.
func (s *Sandbox) publish(e *event) {
	s.address(e)
	s.store(e)
}

func (s *Sandbox) store(e *event) {
	s.world.events.put(e.ID, e)
	s.forgetEvents(time.Unix(e.recorded, 0))
}

// forgetEvents drops the events that are too old, or too many.
func (s *Sandbox) forgetEvents(now time.Time) {
	events := &s.world.events
	for len(events.rows) > 0 {
		oldest := events.rows[0]
		if len(events.rows) <= maxEvents && oldest.recorded >= now.Add(-eventLife).Unix() {
			return
		}
		events.dropOldest(oldest.ID)
	}
}

// eventID shares the stem of a payment: evt_3Pc5u6BpqKPTmGHq2tq5M6qU is about pi_3Pc5u6BpqKPTmGHq2Gxos0rf.
func (s *Sandbox) eventID(c *call, about subject) string {
	if stem := stemOf(about.identity()); stem != "" && stem[0] == paymentGeneration {
		return s.ids.payment("evt_", stem)
	}
	return s.ids.object("evt_", c.at)
}

func compact(object any) json.RawMessage {
	body, err := json.Marshal(object)
	if err != nil { // can not be, as in printed
		panic(err) //nolint:forbidigo // a mistake in this package that its tests would show
	}
	return body
}

// previous gives the properties that differ, as they were: of a hash only those inside that differ, null for what was
// not there (captured: failure_balance_transaction of a refund that failed).
func previous(before, now json.RawMessage) map[string]any {
	var was, is map[string]any
	if json.Unmarshal(before, &was) != nil || json.Unmarshal(now, &is) != nil {
		return nil
	}
	return differing(was, is)
}

func differing(was, is map[string]any) map[string]any {
	old := map[string]any{}
	for name, value := range is {
		inner, isHash := value.(map[string]any)
		innerWas, wasHash := was[name].(map[string]any)
		switch {
		case isHash && wasHash:
			if changed := differing(innerWas, inner); len(changed) > 0 {
				old[name] = changed
			}
		case string(compact(was[name])) != string(compact(value)):
			old[name] = was[name]
		}
	}
	for name, value := range was {
		if _, still := is[name]; !still {
			old[name] = value
		}
	}
	return old
}
