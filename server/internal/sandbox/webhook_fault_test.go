package sandbox_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// What the fault rules make of webhooks; everything is listed whatever became of its webhook.
func TestT02_WebhookFaults(t *testing.T) {
	t.Parallel()
	all := []string{"payment_intent.created", "charge.succeeded", "payment_intent.succeeded"}
	tests := []struct {
		name  string
		rules []sandbox.Fault
		now   []string // what comes at once
		later []string // what comes within two seconds
	}{
		{"none", nil, all, nil},
		{"lost", []sandbox.Fault{{Kind: sandbox.FaultLost}}, nil, nil},
		{"one type lost", []sandbox.Fault{{Kind: sandbox.FaultLost, EventType: "charge.*"}}, []string{all[0], all[2]}, nil},
		{"one lost", []sandbox.Fault{{Kind: sandbox.FaultLost, Count: 1}}, all[1:], nil},
		{"duplicate", []sandbox.Fault{{Kind: sandbox.FaultDuplicate, EventType: "*.created"}}, append(all[:1:1], all...), nil},
		{
			"four times",
			[]sandbox.Fault{{Kind: sandbox.FaultDuplicate, EventType: "charge.succeeded", Times: 4}},
			[]string{all[0], all[1], all[1], all[1], all[1], all[2]},
			nil,
		},
		{
			"delay",
			[]sandbox.Fault{{Kind: sandbox.FaultDelay, EventType: "payment_intent.*", DelayMS: 1500}},
			all[1:2],
			[]string{all[0], all[2]},
		},
		{
			"duplicate, one of them late",
			[]sandbox.Fault{
				{Kind: sandbox.FaultDuplicate, EventType: "charge.*"}, {Kind: sandbox.FaultDelay, EventType: "charge.*", DelayMS: 5},
			},
			[]string{all[0], all[2]},
			[]string{all[1], all[1]},
		},
		{"about requests", []sandbox.Fault{{Kind: sandbox.FaultDelay, DelayMS: 1}}, all, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, r := wired()
			for _, rule := range tt.rules {
				mustAdd(t, a, rule)
			}
			a.pay(t, "pm_card_visa", "")
			a.DeliverDue(t.Context(), r.client())
			if got := r.types(); !slices.Equal(got, tt.now) {
				t.Errorf("at once %v, want %v", got, tt.now)
			}
			a.clock.Advance(2 * time.Second)
			a.DeliverDue(t.Context(), r.client())
			if got := r.types()[len(tt.now):]; !slices.Equal(got, tt.later) {
				t.Errorf("later %v, want %v", got, tt.later)
			}
			if got := a.eventTypes(t); !slices.Equal(got, all) {
				t.Errorf("listed %v, want %v", got, all)
			}
			lost := len(all)
			for _, kind := range all {
				if slices.Contains(r.types(), kind) {
					lost--
				}
			}
			if got := a.get(t, eventsPath, "delivery_success=false").ids(); len(got) != lost {
				t.Errorf("%d events are not delivered, want %d", len(got), lost)
			}
		})
	}
}

// Reordered webhooks come in another order, all of them, within their time; a seed makes the order repeatable.
func TestT02_WebhooksReordered(t *testing.T) {
	t.Parallel()
	run := func(seed uint64, rules ...sandbox.Fault) []string {
		c := &clock{now: start}
		a := api{Sandbox: sandbox.New(sandbox.Config{Now: c.Now, Seed: seed}), clock: c}
		_, secret := a.AddEndpoint("http://receiver.test/hook")
		r := &receiver{secret: secret}
		for _, rule := range rules {
			mustAdd(t, a, rule)
		}
		for range 40 {
			a.pay(t, "pm_card_visa", "")
		}
		a.Advance(time.Second)
		a.DeliverDue(t.Context(), r.client())
		ids := []string{}
		for _, e := range r.got {
			ids = append(ids, e.ID)
		}
		return ids
	}
	mixed := sandbox.Fault{Kind: sandbox.FaultReorder, DelayMS: 1000}
	plain, first, again, other := run(7), run(7, mixed), run(7, mixed), run(8, mixed)
	if !slices.Equal(first, again) || slices.Equal(first, other) {
		t.Error("a seed does not decide the order")
	}
	if slices.Equal(first, plain) || len(first) != len(plain) {
		t.Errorf("%d webhooks in the old order, want %d in another", len(first), len(plain))
	}
	slices.Sort(first)
	slices.Sort(plain)
	if !slices.Equal(first, plain) {
		t.Error("a seed does not decide the events alone")
	}
	some := run(7, sandbox.Fault{Kind: sandbox.FaultLost, Probability: 0.3})
	if n := len(plain) - len(some); n < 15 || n > 60 {
		t.Errorf("%d of %d were lost at a probability of 0.3", n, len(plain))
	}
}

func TestT02_WebhookFaultsRefused(t *testing.T) {
	t.Parallel()
	a := newAPI()
	for bad, want := range map[string]string{
		`{"kind":"lost","path":"/v1/charges"}`:                          "method, path: ",
		`{"kind":"delay","event_type":"*","delay_ms":1,"method":"GET"}`: "method, path: ",
		`{"kind":"truncate","event_type":"charge.*"}`:                   "event_type: ",
		`{"kind":"lost","event_type":"["}`:                              "event_type: ",
		`{"kind":"reorder"}`:                                            "delay_ms: ",
		`{"kind":"lost","delay_ms":5}`:                                  "delay_ms: ",
		`{"kind":"duplicate","times":1}`:                                "times: ",
		`{"kind":"duplicate","times":101}`:                              "times: ",
		`{"kind":"lost","times":2}`:                                     "times: ",
		`{"kind":"lost","status":500}`:                                  "status, ",
	} {
		if got := a.post(t, "/_sandbox/faults", bad); got.status != 400 || !strings.HasPrefix(got.text("error", "message"), want) {
			t.Errorf("%s: %d %s", bad, got.status, got.raw)
		}
	}
	a.post(t, "/_sandbox/faults", `{"kind":"reorder","delay_ms":50,"event_type":"invoice.*","probability":0.5}`).want(t, 200, nil)
	a.post(t, "/_sandbox/faults", `{"kind":"lost","count":1}`).want(t, 200, nil)
	a.pay(t, "pm_card_visa", "").want(t, 200, nil)
	if f := a.Faults(); f[0].Fired+f[1].Fired != 0 {
		t.Errorf("a rule fired with no endpoint there: %+v", f)
	}
}
