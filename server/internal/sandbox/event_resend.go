package sandbox

import (
	"errors"
	"fmt"
	"net/http"
)

var errNoEvent = errors.New("there is no such event")

// Resend sends an event again, as the button of the Dashboard does, and gives the endpoints: the one that is named, or
// all that want it. Fault rules do not touch it, and what is on its way already comes as well.
func (s *Sandbox) Resend(id, endpoint string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, known := s.world.events.get(id)
	if !known {
		return nil, fmt.Errorf("resend %s: %w", id, errNoEvent)
	}
	to := []string{}
	for _, w := range s.world.endpoints.rows {
		if endpoint == w.ID && w.Status == endpointEnabled || endpoint == "" && w.wants(e) {
			to = append(to, w.ID)
			s.enqueue(&outgoing{event: id, kind: e.Type, endpoint: w.ID}, 0)
		}
	}
	if len(to) == 0 && endpoint != "" {
		return nil, fmt.Errorf("endpoint: %s is not there, or disabled", endpoint)
	}
	return to, nil
}

func (s *Sandbox) controlResend(r *http.Request, id string) answer {
	to, err := s.Resend(id, r.URL.Query().Get("endpoint"))
	switch {
	case errors.Is(err, errNoEvent):
		return controlError(http.StatusNotFound, err)
	case err != nil:
		return controlError(http.StatusBadRequest, err)
	}
	return controlAnswer(http.StatusOK, map[string]any{"event": id, "endpoints": to})
}

func (s *Sandbox) controlDeliveries() answer {
	return controlAnswer(http.StatusOK, map[string]any{
		"deliveries": orEmpty(s.Deliveries()), "undelivered": s.Undelivered(),
	})
}
