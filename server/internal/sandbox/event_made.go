package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// MadeEvent is an event that a test makes up: of a type that nobody knows, at another API version, of live mode, of a
// connected account. Of its fields only Type and Object must be given, or RawBody alone.
type MadeEvent struct {
	Type               string          `json:"type"`
	Object             json.RawMessage `json:"object"`
	PreviousAttributes json.RawMessage `json:"previous_attributes"`
	APIVersion         string          `json:"api_version"` // empty means that of the sandbox
	Livemode           bool            `json:"livemode"`
	Account            string          `json:"account"` // then it goes to the endpoints of Connect
	Request            MadeRequest     `json:"request"`
	Created            int64           `json:"created"` // 0 means now
	// Endpoint sends it to this endpoint alone, whatever that is there for.
	Endpoint string `json:"endpoint"`
	// RawBody is sent as it stands, signed as ever: what is no JSON, or a thin event of API v2. It is not listed.
	RawBody string `json:"raw_body"`
}

// MadeRequest is the request that caused a made event.
type MadeRequest struct {
	ID             string `json:"id"`
	IdempotencyKey string `json:"idempotency_key"`
}

func (m *MadeEvent) check() error {
	var object map[string]json.RawMessage
	switch {
	case m.RawBody != "":
		if m.Object != nil || m.PreviousAttributes != nil {
			return errors.New("raw_body: takes no object beside it")
		}
		return nil
	case m.Type == "":
		return errors.New("type: is missing")
	case json.Unmarshal(m.Object, &object) != nil || object == nil:
		return errors.New("object: is no JSON object")
	case m.PreviousAttributes != nil && json.Unmarshal(m.PreviousAttributes, &object) != nil:
		return errors.New("previous_attributes: is no JSON object")
	case m.Created < 0 || m.Created > maxTimestamp:
		return errors.New("created: is no time in seconds")
	}
	return nil
}

// madeObject is the subject of a made event.
type madeObject struct {
	json.RawMessage

	id string
}

func (m madeObject) identity() string { return m.id }

// AddEvent makes an event, as POST /_sandbox/events does, and sends it as any other. It gives the event's id.
func (s *Sandbox) AddEvent(m MadeEvent) (id string, err error) {
	if err := m.check(); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.world.endpoints.get(m.Endpoint); m.Endpoint != "" && !known {
		return "", fmt.Errorf("endpoint: there is no %s", m.Endpoint)
	}
	c := &call{at: s.now()}
	s.catchUp(c.at)
	if m.RawBody != "" {
		id := s.ids.object("evt_", c.at)
		s.sendRaw(id, &m)
		return id, nil
	}
	e := s.madeEvent(c, &m)
	if m.Endpoint == "" {
		s.publish(e)
		return e.ID, nil
	}
	e.owed, e.PendingWebhooks = []string{m.Endpoint}, 1
	s.store(e)
	s.enqueue(&outgoing{event: e.ID, kind: e.Type, endpoint: m.Endpoint}, 0)
	return e.ID, nil
}

func (s *Sandbox) madeEvent(c *call, m *MadeEvent) *event {
	var named struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(m.Object, &named) // an object need not have an id
	about := madeObject{RawMessage: bytes.Clone(m.Object), id: named.ID}
	e := &event{
		ID: s.eventID(c, about), Object: "event", Account: m.Account, APIVersion: orElse(m.APIVersion, apiVersion),
		Created: m.Created, Data: eventData{now: about, told: bytes.Clone(m.PreviousAttributes)}, Livemode: m.Livemode,
		Request: eventRequest{ID: nullString(m.Request.ID), IdempotencyKey: nullString(m.Request.IdempotencyKey)},
		Type:    m.Type, recorded: c.at.Unix(), made: true,
	}
	if e.Created == 0 {
		e.Created = e.recorded
	}
	return e
}

// sendRaw puts a body on its way to the endpoint that is named, or to all that are enabled.
func (s *Sandbox) sendRaw(id string, m *MadeEvent) {
	for _, w := range s.world.endpoints.rows {
		if w.Status == endpointEnabled && (m.Endpoint == "" || m.Endpoint == w.ID) {
			s.enqueue(&outgoing{event: id, kind: m.Type, raw: []byte(m.RawBody), endpoint: w.ID}, 0)
		}
	}
}

func (s *Sandbox) controlMakeEvent(r *http.Request) answer {
	var m MadeEvent
	if err := decodeControl(r, &m); err != nil {
		return controlError(http.StatusBadRequest, err)
	}
	id, err := s.AddEvent(m)
	if err != nil {
		return controlError(http.StatusBadRequest, err)
	}
	return controlAnswer(http.StatusOK, map[string]any{"id": id})
}
