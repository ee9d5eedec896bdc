package sandbox_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76/webhook"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

const makePath = "/_sandbox/events"

// A test makes what Stripe may send one day: it is listed, read and delivered as any event.
func TestT03_MadeEvents(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		want       map[string]any
	}{
		{"unknown type", `{"type":"thing.exploded","object":{"id":"thing_1","object":"thing"}}`, map[string]any{
			"type": "thing.exploded", "data.object.id": "thing_1", "api_version": "2023-10-16", "livemode": false,
			"created": int(start.Unix()), "request.id": nil, "account": nil,
		}},
		{"other version", `{"type":"charge.updated","api_version":"2025-03-31.basil","object":{"id":"ch_1"}}`, map[string]any{
			"api_version": "2025-03-31.basil",
		}},
		{"live mode", `{"type":"charge.updated","livemode":true,"created":5,"object":{}}`, map[string]any{
			"livemode": true, "created": 5,
		}},
		{
			"caused", `{"type":"charge.updated","object":{"amount":1},"previous_attributes":{"amount":2},"request":{"id":"req_1",` +
				`"idempotency_key":"k"}}`,
			map[string]any{"request.id": "req_1", "request.idempotency_key": "k", "data.previous_attributes.amount": 2},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, r := wired()
			id := a.post(t, makePath, tt.body).text("id")
			a.get(t, eventsPath+"/"+id, "").want(t, 200, tt.want)
			a.DeliverDue(t.Context(), r.client())
			if len(r.got) != 1 || len(a.get(t, eventsPath, "delivery_success=true").ids()) != 1 {
				t.Errorf("%+v %v", r.got, r.bad)
			}
			a.get(t, eventsPath, "").first(t).want(t, 200, map[string]any{"id": id})
		})
	}
	a := newAPI()
	for bad, want := range map[string]string{
		`{"object":{}}`:                                    "type: ",
		`{"type":"a"}`:                                     "object: ",
		`{"type":"a","object":[]}`:                         "object: ",
		`{"type":"a","object":null}`:                       "object: ",
		`{"raw_body":"x","object":{}}`:                     "raw_body: ",
		`{"type":"a","object":{},"x":1}`:                   `body: json: unknown field "x"`,
		`{"type":"a","object":{},"created":-1}`:            "created: ",
		`{"type":"a","object":{},"endpoint":"we_x"}`:       "endpoint: ",
		`{"type":"a","object":{},"previous_attributes":1}`: "previous_attributes: ",
	} {
		if got := a.post(t, makePath, bad); got.status != 400 || !strings.HasPrefix(got.text("error", "message"), want) {
			t.Errorf("%s: %d %s", bad, got.status, got.raw)
		}
	}
}

// A connected account's event goes to the endpoints of Connect, or to the one that a test names.
func TestT03_MadeEventsOfConnect(t *testing.T) {
	t.Parallel()
	a, r := wired()
	own, _ := a.AddEndpoint("http://receiver.test/other")
	connect := a.post(t, endpointsPath, hook+"account.updated&connect=true").text("id")
	const body = `{"type":"account.updated","account":"acct_other","object":{"id":"acct_other"}`
	id := a.post(t, makePath, body+`}`).text("id")
	a.get(t, eventsPath+"/"+id, "").want(t, 200, map[string]any{"account": "acct_other", "pending_webhooks": 1})
	a.post(t, makePath, body+`,"endpoint":"`+own+`"}`).want(t, 200, nil)
	a.DeliverDue(t.Context(), r.client())
	if got := a.Deliveries(); len(got) != 2 || got[0].Endpoint != connect || got[1].Endpoint != own {
		t.Errorf("%+v", got)
	}
}

// rawReceiver keeps bodies whose signature is good, whatever they are.
type rawReceiver struct {
	secret string
	bodies []string
}

func (r *rawReceiver) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	if err := webhook.ValidatePayloadIgnoringTolerance(body, req.Header.Get("Stripe-Signature"), r.secret); err != nil {
		return nil, err
	}
	r.bodies = append(r.bodies, string(body))
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
}

// A raw body is signed and sent as it stands, and is not listed.
func TestT03_RawBodies(t *testing.T) {
	t.Parallel()
	a := newAPI()
	_, secret := a.AddEndpoint("http://receiver.test/hook")
	r := &rawReceiver{secret: secret}
	thin := `{"id":"evt_test_1","object":"v2.core.event","type":"v1.billing.meter.error_report_triggered"}`
	large := `{"id":"evt_large","object":"event","padding":"` + strings.Repeat("x", 2<<20) + `"}`
	for _, raw := range []string{"no JSON {", thin, large} {
		if _, err := a.AddEvent(sandbox.MadeEvent{RawBody: raw}); err != nil {
			t.Fatal(err)
		}
	}
	a.DeliverDue(t.Context(), &http.Client{Transport: r})
	if len(r.bodies) != 3 || r.bodies[0] != "no JSON {" || r.bodies[1] != thin || r.bodies[2] != large {
		t.Errorf("%d bodies", len(r.bodies))
	}
	if n := len(a.get(t, eventsPath, "").ids()); n != 0 || a.Undelivered() != 0 {
		t.Errorf("%d are listed, %d on their way", n, a.Undelivered())
	}
}

// The Dashboard's button sends an event again, also one that was lost, and to an endpoint that came later.
func TestT03_Resend(t *testing.T) {
	t.Parallel()
	a, r := wired()
	mustAdd(t, a, sandbox.Fault{Kind: sandbox.FaultLost})
	a.open(t, "")
	id := a.get(t, eventsPath, "").first(t).text("id")
	resend := makePath + "/" + id + "/resend"
	if n := a.DeliverDue(t.Context(), r.client()); n != 0 {
		t.Fatalf("%d webhooks of a lost event", n)
	}
	a.post(t, resend, "").want(t, 200, map[string]any{"event": id})
	a.DeliverDue(t.Context(), r.client())
	a.get(t, eventsPath+"/"+id, "").want(t, 200, map[string]any{"pending_webhooks": 0})
	late := a.post(t, endpointsPath, hook+"charge.failed").text("id")
	a.post(t, resend+"?endpoint="+late, "").want(t, 200, nil)
	a.post(t, resend, "").want(t, 200, nil)
	a.DeliverDue(t.Context(), r.client())
	got := a.get(t, "/_sandbox/deliveries", "")
	entries, _ := got.at("deliveries").([]any)
	if got.want(t, 200, map[string]any{"undelivered": 0}); len(entries) != 3 {
		t.Fatalf("%s", got.raw)
	}
	second, _ := entries[1].(map[string]any)
	if r.got[0].ID != id || fmt.Sprint(second["endpoint"], second["status"], second["event"], second["attempt"]) !=
		fmt.Sprint(late, 200, id, 1) {
		t.Errorf("%v", second)
	}
	a.post(t, makePath+"/evt_x/resend", "").want(t, 404, nil)
	a.post(t, resend+"?endpoint=we_x", "").want(t, 400, nil)
}
