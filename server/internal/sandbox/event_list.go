package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// maxEventTypes stands in spec3.json, types of GET /v1/events.
const maxEventTypes = 20

func (s *Sandbox) getEvent(c *call) (any, *failure) {
	s.forgetEvents(c.at)
	e, ok := s.world.events.get(c.id)
	if !ok {
		return nil, missing(http.StatusNotFound, "event", c.id, "id")
	}
	return e, nil
}

// listEvents gives what happened, newest first. With delivery_success it gives what has reached every endpoint that wants
// it, or what has not, whether it is still on its way or given up (spec3.json).
func (s *Sandbox) listEvents(c *call) (any, *failure) {
	s.forgetEvents(c.at)
	return pageOf(c, &s.world.events, "event", func(e *event) bool {
		return c.matches("delivery_success", e.PendingWebhooks == 0) && c.within(e.Created) && c.wantsEvent(e.Type)
	})
}

// wantsEvent reads type, which may end with a star, and types.
func (c *call) wantsEvent(kind string) bool {
	if types := c.params.get("types"); types != nil && !types.isText() && !slices.Contains(listed(types), kind) {
		return false
	}
	want := c.text("type")
	if group, open := strings.CutSuffix(want, "*"); open {
		return strings.HasPrefix(kind, group)
	}
	return want == "" || want == kind
}

func checkEventList(c *call) *failure {
	types := c.params.get("types")
	if types != nil && c.has("type") {
		return invalid("", "types", "You may only specify one of these parameters: type, types.")
	}
	if types != nil && len(types.names) > maxEventTypes {
		return invalid("", "types", "You may only specify up to 20 types.")
	}
	return checkList(c)
}
