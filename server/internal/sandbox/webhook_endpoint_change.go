package sandbox

import (
	"fmt"
	"net/url"
	"slices"
)

// checkEndpoint holds what the shape of the parameters can not say. Plain HTTP and loopback are allowed, as nowhere but
// in test mode: Stripe wants a public address, the sandbox one that it reaches.
func checkEndpoint(c *call) *failure {
	types := c.params.get("enabled_events")
	if types != nil {
		chosen := listed(types)
		for i, kind := range chosen {
			if !slices.Contains(eventTypes, kind) {
				return invalid("", fmt.Sprintf("enabled_events[%d]", i), fmt.Sprintf("Invalid enabled_events[%d]: must be one "+
					"of %s", i, alternatives(eventTypes)))
			}
		}
		if len(chosen) > 1 && slices.Contains(chosen, everyEvent) {
			return invalid("", "enabled_events", "You cannot specify other event types together with `*`, which enables all "+
				"events.")
		}
	}
	if u, err := url.Parse(c.text("url")); c.has("url") && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return invalid("url_invalid", "url", "Invalid URL: An explicit scheme (such as https) must be provided.")
	}
	return nil
}

// createWebhookEndpoint is the one answer that tells the secret.
func (s *Sandbox) createWebhookEndpoint(c *call) (any, *failure) {
	if len(s.world.endpoints.rows) >= maxEndpoints {
		return nil, invalid("", "", fmt.Sprintf("You have reached the maximum of %d test webhook endpoints.", maxEndpoints))
	}
	w := s.newEndpoint(c, c.text("url"), listed(c.params.get("enabled_events")))
	w.APIVersion, w.Description = nullString(c.text("api_version")), nullString(c.text("description"))
	w.Metadata, w.connect = c.metadata(), c.flag("connect")
	s.world.endpoints.put(w.ID, w)
	told := *w
	told.Secret = w.secret
	return &told, nil
}

func (s *Sandbox) newEndpoint(c *call, address string, types []string) *webhookEndpoint {
	return &webhookEndpoint{
		ID: s.ids.object("we_", c.at), Object: "webhook_endpoint", Created: c.at.Unix(), EnabledEvents: types,
		Metadata: map[string]string{}, Status: endpointEnabled, URL: address, secret: "whsec_" + s.ids.letters(32),
	}
}

// updateWebhookEndpoint changes what later events meet. Those on their way are sent to the new URL.
func (s *Sandbox) updateWebhookEndpoint(c *call) (any, *failure) {
	old, f := s.findEndpoint(c)
	if f != nil {
		return nil, f
	}
	next := *old
	c.params.change(&next.Description, "description")
	next.Metadata = c.merged(old.Metadata)
	if types := c.params.get("enabled_events"); types != nil {
		next.EnabledEvents = listed(types)
	}
	next.URL = orElse(c.text("url"), old.URL)
	if c.has("disabled") {
		next.Status = endpointEnabled
		if c.flag("disabled") {
			next.Status = endpointDisabled
		}
	}
	s.world.endpoints.put(next.ID, &next)
	return &next, nil
}

// deleteWebhookEndpoint ends an endpoint, and all that was on its way to it.
func (s *Sandbox) deleteWebhookEndpoint(c *call) (any, *failure) {
	old, f := s.findEndpoint(c)
	if f != nil {
		return nil, f
	}
	s.world.endpoints.remove(func(w *webhookEndpoint) bool { return w.ID == old.ID })
	s.fixed = slices.DeleteFunc(s.fixed, func(w *webhookEndpoint) bool { return w.ID == old.ID })
	s.world.outbox.close(old.ID)
	for _, e := range s.world.events.rows {
		s.settleWebhook(e.ID, old.ID)
	}
	return &tombstone{ID: old.ID, Object: old.Object, Deleted: true}, nil
}

// AddEndpoint registers an endpoint for every event, as POST /v1/webhook_endpoints does, and gives its id and its
// signing secret. Unlike one that was made by a request it outlives Reset, so that a server in the same process stays
// connected.
func (s *Sandbox) AddEndpoint(address string) (id, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.newEndpoint(&call{at: s.now()}, address, []string{everyEvent})
	s.fixed = append(s.fixed, w)
	s.world.endpoints.put(w.ID, w)
	return w.ID, w.secret
}
