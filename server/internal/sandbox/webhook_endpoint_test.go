package sandbox_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76"
)

const hook = "url=http://127.0.0.1:8080/webhooks/stripe&enabled_events[]="

// The secret is told once; everything else can be read, changed and deleted.
func TestT01_WebhookEndpoints(t *testing.T) {
	t.Parallel()
	a := newAPI()
	made := a.post(t, endpointsPath, hook+"charge.succeeded&enabled_events[]=charge.failed&api_version=2023-10-16&description=d&"+
		"metadata[k]=v", key("k"))
	made.want(t, 200, map[string]any{
		"object": "webhook_endpoint", "api_version": "2023-10-16", "application": nil, "created": int(start.Unix()),
		"description": "d", "livemode": false, "metadata.k": "v", "status": "enabled",
		"url": "http://127.0.0.1:8080/webhooks/stripe",
	})
	for name, form := range map[string]string{"id": "^we_1[A-Za-z0-9]{23}$", "secret": "^whsec_[A-Za-z0-9]{32}$"} {
		if !regexp.MustCompile(form).MatchString(made.text(name)) {
			t.Errorf("%s: %q", name, made.text(name))
		}
	}
	if again := a.post(t, endpointsPath, hook+"charge.succeeded&enabled_events[]=charge.failed&api_version=2023-10-16&"+
		"description=d&metadata[k]=v", key("k")); again.raw != made.raw {
		t.Errorf("the replay differs: %s", again.raw)
	}
	path := endpointsPath + "/" + made.text("id")
	other := a.post(t, endpointsPath, hook+"*").text("id")
	for _, got := range []reply{
		a.get(t, path, ""), a.post(t, path, "disabled=true&description=&metadata[k]=&enabled_events[]=refund.created"),
		a.get(t, endpointsPath, "starting_after="+other).first(t),
	} {
		got.want(t, 200, map[string]any{"id": made.text("id"), "secret": nil})
		if strings.Contains(got.raw, "whsec_") {
			t.Errorf("the secret was told again: %s", got.raw)
		}
	}
	a.get(t, path, "").want(t, 200, map[string]any{"status": "disabled", "description": nil, "metadata.k": nil})
	a.post(t, path, "disabled=false&url=https://shop.example/hook").want(t, 200, map[string]any{
		"status": "enabled", "url": "https://shop.example/hook",
	})
	a.do(t, http.MethodDelete, path, "").want(t, 200, map[string]any{"object": "webhook_endpoint", "deleted": true})
	for _, got := range []reply{a.get(t, path, ""), a.post(t, path, "disabled=true"), a.do(t, http.MethodDelete, path, "")} {
		got.want(t, 404, map[string]any{"error.message": "No such webhook endpoint: '" + made.text("id") + "'"})
	}
	if ids := a.get(t, endpointsPath, "").ids(); len(ids) != 1 || ids[0] != other {
		t.Errorf("%v are left", ids)
	}
}

var endpointRefusals = []struct{ form, code, param, message string }{
	{"enabled_events[]=*", "parameter_missing", "url", "Missing required param: url."},
	{"url=http://a.example", "parameter_missing", "enabled_events", "Missing required param: enabled_events."},
	{"url=http://a.example&enabled_events=", "parameter_invalid_empty", "enabled_events", ""},
	{"url=http://a.example&enabled_events=*", "", "enabled_events", "Invalid array"},
	{hook + "charge.exploded", "", "enabled_events[0]", "Invalid enabled_events[0]: must be one of *, account."},
	{hook + "charge.succeeded&enabled_events[]=charge.*", "", "enabled_events[1]", "Invalid enabled_events[1]: "},
	{hook + "refund.failed", "", "enabled_events[0]", ""}, // younger than this version
	{hook + "*&enabled_events[]=charge.failed", "", "enabled_events", ""},
	{"url=a.example&enabled_events[]=*", "url_invalid", "url", ""},
	{"url=ftp://a.example&enabled_events[]=*", "url_invalid", "url", "Invalid URL: An explicit scheme"},
	{hook + "*&api_version=2023-10-17", "", "api_version", "Invalid api_version: must be one of 2011-01-01, "},
	{hook + "*&connect=1", "", "connect", "Invalid boolean: 1"},
	{hook + "*&disabled=true", "parameter_unknown", "disabled", ""},
	{hook + "*&secret=whsec_x", "parameter_unknown", "secret", ""},
	{hook + "*&description=" + strings.Repeat("d", 5001), "", "description", ""},
	{hook + "*&expand[]=url", "", "", "This property cannot be expanded (url)."},
}

func TestT01_WebhookEndpointsRefused(t *testing.T) {
	t.Parallel()
	a := newAPI()
	for _, tt := range endpointRefusals {
		got := a.post(t, endpointsPath, tt.form)
		want := map[string]any{"error.type": "invalid_request_error", "error.code": nil, "error.param": nil}
		if tt.code != "" {
			want["error.code"] = tt.code
		}
		if tt.param != "" {
			want["error.param"] = tt.param
		}
		got.want(t, 400, want)
		if message := got.text("error", "message"); !strings.HasPrefix(message, tt.message) {
			t.Errorf("%s: %q, want %q", tt.form, message, tt.message)
		}
	}
	id := a.post(t, endpointsPath, hook+"*").text("id")
	for _, form := range []string{"connect=true", "api_version=2023-10-16", "enabled_events[]=x", "url=x"} {
		a.post(t, endpointsPath+"/"+id, form).want(t, 400, nil)
	}
	for range 15 {
		a.post(t, endpointsPath, hook+"*").want(t, 200, nil)
	}
	a.post(t, endpointsPath, hook+"*").want(t, 400, map[string]any{
		"error.message": "You have reached the maximum of 16 test webhook endpoints.",
	})
}

// Each endpoint gets what it chose, from the time when it was there; a disabled or deleted one gets nothing more.
func TestT01_EndpointsChoose(t *testing.T) {
	t.Parallel()
	a, r := wired()
	endpoint := func(form string) string {
		return a.post(t, endpointsPath, form).text("id")
	}
	charges := endpoint(hook + "charge.succeeded")
	endpoint(hook + "*&connect=true")
	gone, older := endpoint(hook+"*"), a.post(t, endpointsPath, hook+"*&api_version=2022-11-15")
	off := older.text("id")
	a.pay(t, "pm_card_visa", "")
	if got := a.pending(t); got != "payment_intent.created 3, charge.succeeded 4, payment_intent.succeeded 3" {
		t.Errorf("to come: %s", got)
	}
	a.do(t, http.MethodDelete, endpointsPath+"/"+gone, "").want(t, 200, nil)
	a.post(t, endpointsPath+"/"+off, "disabled=true").want(t, 200, nil)
	if n := a.DeliverDue(t.Context(), r.client()); n != 4 {
		t.Errorf("%d webhooks, want 4", n)
	}
	if got := a.pending(t); got != "payment_intent.created 1, charge.succeeded 1, payment_intent.succeeded 1" {
		t.Errorf("to come: %s", got)
	}
	for _, e := range a.Deliveries() {
		if e.Endpoint == off || e.Endpoint == gone || e.Endpoint == charges && e.Type != "charge.succeeded" {
			t.Errorf("%+v", e)
		}
	}
	a.open(t, "")
	if got := a.get(t, eventsPath, "").first(t); got.at("pending_webhooks") != 1.0 {
		t.Errorf("%v to come, one of them to a disabled endpoint", got.at("pending_webhooks"))
	}
	a.DeliverDue(t.Context(), r.client())
	a.post(t, endpointsPath+"/"+off, "disabled=false").want(t, 200, nil)
	a.open(t, "")
	r.got, r.secret = nil, older.text("secret")
	a.DeliverDue(t.Context(), r.client())
	if len(r.got) != 2 || r.got[1].APIVersion != "2022-11-15" || len(r.bad) != 2 { // one bad signature here and one above
		t.Errorf("%+v %v", r.got, r.bad)
	}
}

// pending tells how many webhooks of each event are to come, oldest first.
func (a api) pending(t *testing.T) string {
	t.Helper()
	var told []string
	for _, e := range a.events(t) {
		told = append(told, fmt.Sprint(e["type"], " ", e["pending_webhooks"]))
	}
	return strings.Join(told, ", ")
}

// A reset leaves the endpoint of the same process, and nothing on its way.
func TestT01_EndpointOutlivesReset(t *testing.T) {
	t.Parallel()
	a, r := wired()
	a.post(t, endpointsPath, hook+"*").want(t, 200, nil)
	a.pay(t, "pm_card_visa", "")
	a.Reset()
	if a.Undelivered() != 0 || len(a.get(t, endpointsPath, "").ids()) != 1 {
		t.Errorf("%d on their way to %v", a.Undelivered(), a.get(t, endpointsPath, "").ids())
	}
	a.open(t, "")
	if n := a.DeliverDue(t.Context(), r.client()); n != 1 || len(r.bad) != 0 {
		t.Errorf("%d webhooks, %v", n, r.bad)
	}
}

// Endpoints hold to Stripe's description, and so does each event with its webhooks to come.
func TestT01_WebhookEndpointsHoldToTheDescription(t *testing.T) {
	t.Parallel()
	a, all := newAPI(), answers{}
	for _, form := range []string{
		hook + "*", hook + "*&connect=true", hook + "charge.failed&api_version=2023-10-16&description=d&metadata[k]=v",
	} {
		got := a.post(t, endpointsPath, form)
		path := endpointsPath + "/" + got.text("id")
		all.keep(got, a.get(t, path, ""), a.post(t, path, "disabled=true"), a.post(t, path, "disabled=false"))
	}
	if err := newContract(t).listViolation(endpointsPath, any(a.get(t, endpointsPath, "").body)); err != nil {
		t.Error(err)
	}
	a.pay(t, "pm_card_visa", "")
	all.keepEvents(t, a)
	for _, id := range a.get(t, endpointsPath, "").ids() {
		all.keep(a.do(t, http.MethodDelete, endpointsPath+"/"+id, ""))
	}
	for _, tt := range endpointRefusals {
		all.keep(a.post(t, endpointsPath, tt.form))
	}
	for _, kind := range []string{"webhook_endpoint", "deleted_webhook_endpoint", "event", "error"} {
		if len(all[kind]) < 3 {
			t.Errorf("%d answers of type %s were checked", len(all[kind]), kind)
		}
	}
	all.hold(t, "charge.refunds")
}

// Stripe's own library makes, reads, changes, lists and deletes endpoints.
func TestT01_ClientWebhookEndpoints(t *testing.T) {
	t.Parallel()
	c := newClient(t, newAPI())
	params := &stripe.WebhookEndpointParams{
		URL: new("https://shop.example/hook"), EnabledEvents: []*string{new("charge.succeeded"), new("refund.updated")},
		APIVersion: new(stripe.APIVersion),
	}
	params.Context = t.Context()
	made, err := c.WebhookEndpoints.New(params)
	if err != nil || made.Secret == "" || made.APIVersion != stripe.APIVersion || len(made.EnabledEvents) != 2 {
		t.Fatalf("%+v %v", made, err)
	}
	update := &stripe.WebhookEndpointParams{Disabled: new(true)}
	update.Context = t.Context()
	if changed, err := c.WebhookEndpoints.Update(made.ID, update); err != nil || changed.Status != "disabled" {
		t.Errorf("%+v %v", changed, err)
	}
	list := &stripe.WebhookEndpointListParams{}
	list.Context = t.Context()
	all := c.WebhookEndpoints.List(list)
	for all.Next() {
		if got := all.WebhookEndpoint(); got.ID != made.ID || got.Secret != "" {
			t.Errorf("%+v", got)
		}
	}
	del := &stripe.WebhookEndpointParams{}
	del.Context = t.Context()
	if gone, err := c.WebhookEndpoints.Del(made.ID, del); err != nil || !gone.Deleted || all.Err() != nil {
		t.Errorf("%+v %v %v", gone, err, all.Err())
	}
}
