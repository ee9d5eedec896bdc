package sandbox

import (
	"net/http"
	"slices"
)

// webhookEndpoint is Stripe's object: a URL to which events are sent. Its properties are in Stripe's order.
type webhookEndpoint struct {
	ID            string            `json:"id"`
	Object        string            `json:"object"`
	APIVersion    nullString        `json:"api_version"`
	Application   null              `json:"application"`
	Created       int64             `json:"created"`
	Description   nullString        `json:"description"`
	EnabledEvents []string          `json:"enabled_events"`
	Livemode      bool              `json:"livemode"`
	Metadata      map[string]string `json:"metadata"`
	Secret        string            `json:"secret,omitempty"` // in the answer of the create alone
	Status        string            `json:"status"`
	URL           string            `json:"url"`

	secret  string
	connect bool // it gets the events of connected accounts, and no others
}

// Statuses of an endpoint.
const (
	endpointEnabled  = "enabled"
	endpointDisabled = "disabled"
)

// maxEndpoints is how many endpoints one account has (docs.stripe.com/webhooks).
const maxEndpoints = 16

// webhookRoutes are those of the endpoints that events are sent to.
var webhookRoutes = []route{
	{
		http.MethodPost, "/v1/webhook_endpoints", "webhook_endpoint", endpointCreateShape, checkEndpoint,
		(*Sandbox).createWebhookEndpoint,
	},
	{
		http.MethodGet, "/v1/webhook_endpoints", "list of webhook_endpoint", endpointListShape, checkList,
		(*Sandbox).listWebhookEndpoints,
	},
	{
		http.MethodGet, "/v1/webhook_endpoints/{id}", "webhook_endpoint", getShape, nil,
		(*Sandbox).getWebhookEndpoint,
	},
	{
		http.MethodPost, "/v1/webhook_endpoints/{id}", "webhook_endpoint", endpointUpdateShape, checkEndpoint,
		(*Sandbox).updateWebhookEndpoint,
	},
	{
		http.MethodDelete, "/v1/webhook_endpoints/{id}", "webhook_endpoint",
		shape{},
		nil,
		(*Sandbox).deleteWebhookEndpoint,
	},
}

// Names and lengths: spec3.json at 2023-10-16.
var (
	endpointCreateShape = shape{
		{name: "api_version", kind: kindEnum, oneOf: apiVersions},
		{name: "connect", kind: kindBoolean},
		{name: "description", max: 5000, unset: true},
		{name: "enabled_events", kind: kindList, required: true},
		expandField,
		metadataField,
		{name: "url", kind: kindURL, required: true},
	}
	endpointUpdateShape = shape{
		{name: "description", max: 5000, unset: true},
		{name: "disabled", kind: kindBoolean},
		{name: "enabled_events", kind: kindList},
		expandField,
		metadataField,
		{name: "url", kind: kindURL},
	}
	endpointListShape = shape{
		{name: "ending_before", max: 5000},
		expandField,
		{name: "limit", kind: kindInteger},
		{name: "starting_after", max: 5000},
	}
)

func (s *Sandbox) findEndpoint(c *call) (*webhookEndpoint, *failure) {
	found, ok := s.world.endpoints.get(c.id)
	if !ok {
		return nil, missing(http.StatusNotFound, "webhook endpoint", c.id, "id")
	}
	return found, nil
}

func (s *Sandbox) getWebhookEndpoint(c *call) (any, *failure) {
	return s.findEndpoint(c)
}

func (s *Sandbox) listWebhookEndpoints(c *call) (any, *failure) {
	return pageOf(c, &s.world.endpoints, "webhook endpoint", func(*webhookEndpoint) bool { return true })
}

// wants says whether an endpoint gets an event.
func (w *webhookEndpoint) wants(e *event) bool {
	return w.Status == endpointEnabled && w.connect == (e.Account != "") &&
		(slices.Contains(w.EnabledEvents, everyEvent) || slices.Contains(w.EnabledEvents, e.Type))
}
