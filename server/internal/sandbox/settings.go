package sandbox

import (
	"fmt"
	"net/http"
	"slices"
)

// controlSettings switches what the Dashboard of an account sets, and what Stripe leaves open.
func (s *Sandbox) controlSettings(r *http.Request) answer {
	var request struct {
		DunningEnd     string `json:"dunning_end,omitempty"`
		WebhooksAtOnce int    `json:"webhooks_at_once,omitempty"`
	}
	if err := decodeControl(r, &request); err != nil {
		return controlError(http.StatusBadRequest, err)
	}
	switch end, atOnce := request.DunningEnd, request.WebhooksAtOnce; {
	case (end != "" || atOnce == 0) && !slices.Contains(dunningEnds, end):
		return controlError(http.StatusBadRequest, fmt.Errorf("dunning_end: %q is none of %v", end, dunningEnds))
	case atOnce < 0 || atOnce > maxSending:
		return controlError(http.StatusBadRequest, fmt.Errorf("webhooks_at_once: must be between 1 and %d", maxSending))
	}
	s.locked(func() {
		s.world.dunningEnd = orElse(request.DunningEnd, s.world.dunningEnd)
		if request.WebhooksAtOnce > 0 {
			s.world.atOnce = request.WebhooksAtOnce
		}
		s.wake()
	})
	return controlAnswer(http.StatusOK, request)
}

// webhooksAtOnce is how many webhooks go to one endpoint side by side.
func (s *Sandbox) webhooksAtOnce() int {
	if s.world.atOnce > 0 {
		return s.world.atOnce
	}
	return s.atOnce
}
