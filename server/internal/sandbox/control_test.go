package sandbox_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// The ledger is the judge of every test about money: each movement, with the key and the operation that caused it.
func TestT03_Ledger(t *testing.T) {
	t.Parallel()
	a := newAPI()
	paid := a.pay(t, "pm_card_visa", "&metadata[tillgate_operation]=op-1", key("k1"))
	held := a.pay(t, "pm_card_visa", "&capture_method=manual")
	a.pay(t, "pm_card_visa_chargeDeclined", "", key("k3"))
	a.pay(t, "pm_card_threeDSecure2Required", "", key("k4"))
	a.pay(t, "pm_card_visa", "&metadata[tillgate_operation]=op-1", key("k1"))
	want := []sandbox.LedgerEntry{
		{
			Type: sandbox.MovementCharge, Amount: 2000, Currency: "usd", PaymentIntent: paid.text("id"),
			Charge: paid.text("latest_charge"), IdempotencyKey: "k1", Operation: "op-1",
			RequestID: paid.header.Get("Request-Id"), Time: start,
		},
		{
			Type: sandbox.MovementAuthorize, Amount: 2000, Currency: "usd", PaymentIntent: held.text("id"),
			Charge: held.text("latest_charge"), RequestID: held.header.Get("Request-Id"), Time: start,
		},
	}
	if diff := cmp.Diff(want, a.Ledger()); diff != "" {
		t.Error(diff)
	}
	got := a.get(t, "/_sandbox/ledger", "", pair{"Authorization", ""})
	var listed struct{ Entries []sandbox.LedgerEntry }
	if err := json.Unmarshal([]byte(got.raw), &listed); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, listed.Entries); diff != "" {
		t.Error(diff)
	}
}

// A test counts what the service sent for one key.
func TestT03_Requests(t *testing.T) {
	t.Parallel()
	a := newAPI()
	a.pay(t, "pm_card_visa", "", key("k1"))
	a.pay(t, "pm_card_visa", "", key("k1"))
	a.pay(t, "pm_card_visa", "", key("k2"))
	got := a.get(t, "/_sandbox/requests", "idempotency_key=k1")
	var listed struct{ Requests []sandbox.RequestEntry }
	if err := json.Unmarshal([]byte(got.raw), &listed); err != nil {
		t.Fatal(err)
	}
	if len(listed.Requests) != 2 || listed.Requests[0].Replayed || !listed.Requests[1].Replayed {
		t.Errorf("%+v", listed.Requests)
	}
	if n := len(a.Requests("")); n != 3 {
		t.Errorf("%d requests in all, want 3", n)
	}
	if first := listed.Requests[0]; first.Method != "POST" || first.Path != intentsPath || first.Status != 200 {
		t.Errorf("%+v", first)
	}
}

func TestT02_FaultsByHTTP(t *testing.T) {
	t.Parallel()
	a := newAPI()
	const path = "/_sandbox/faults"
	a.post(t, path, `{"kind":"status","status":503,"count":1,"body":{"error":{}},"headers":{"X":"y"}}`).want(t, 200, map[string]any{
		"kind": "status",
	})
	a.pay(t, "pm_card_visa", "").want(t, 503, nil)
	a.pay(t, "pm_card_visa", "").want(t, 200, nil)
	if got := a.get(t, path, ""); !strings.Contains(got.raw, `"fired": 1`) {
		t.Errorf("%s", got.raw)
	}
	a.do(t, http.MethodDelete, path, "").want(t, 200, nil)
	if got := a.get(t, path, ""); !strings.Contains(got.raw, `"faults": []`) {
		t.Errorf("%s", got.raw)
	}
	for name, bad := range map[string][2]string{
		"no kind":         {`{}`, "kind: "},
		"unknown kind":    {`{"kind":"explode"}`, "kind: "},
		"unknown field":   {`{"kind":"delay","delay":1}`, `"delay"`},
		"no delay":        {`{"kind":"delay"}`, "delay_ms: "},
		"delay elsewhere": {`{"kind":"truncate","delay_ms":1}`, "delay_ms: "},
		"no status":       {`{"kind":"status"}`, "status: "},
		"status of 600":   {`{"kind":"status","status":600}`, "status: "},
		"status twice":    {`{"kind":"500_after","status":500}`, "status, body, headers: "},
		"probability":     {`{"kind":"500_after","probability":1.5}`, "probability: "},
		"count":           {`{"kind":"500_after","count":-1}`, "count: "},
		"pattern":         {`{"kind":"500_after","path":"["}`, "path: "},
		"fired":           {`{"kind":"500_after","fired":1}`, "fired: "},
		"wrong type":      {`{"kind":"500_after","count":"1"}`, "count"},
		"no JSON":         {`kind=500_after`, "body: "},
		"empty":           {``, "body: "},
		"two":             {`{"kind":"500_after"}{}`, "body: "},
	} {
		got := a.post(t, path, bad[0])
		if got.status != 400 || !strings.Contains(got.text("error", "message"), bad[1]) {
			t.Errorf("%s: %d %s", name, got.status, got.raw)
		}
	}
	if n := len(a.Faults()); n != 0 {
		t.Errorf("%d rules were added by bad requests", n)
	}
}

func TestT01_ClockAndReset(t *testing.T) {
	t.Parallel()
	a := newAPI()
	a.post(t, "/_sandbox/clock/advance", `{"seconds":3600}`).want(t, 200, map[string]any{
		"now": start.Add(time.Hour).Format(time.RFC3339),
	})
	paid := a.pay(t, "pm_card_visa", "", key("k"))
	paid.want(t, 200, map[string]any{"created": int(start.Add(time.Hour).Unix())})
	for _, bad := range []string{`{}`, `{"seconds":-1}`, `{"seconds":99999999999}`, `{"hours":1}`, `{"seconds":1.5}`} {
		if got := a.post(t, "/_sandbox/clock/advance", bad); got.status != 400 || !strings.Contains(got.raw, "seconds") &&
			!strings.Contains(got.raw, "hours") {
			t.Errorf("%s: %d %s", bad, got.status, got.raw)
		}
	}
	mustAdd(t, a, sandbox.Fault{Kind: sandbox.Fault502HTML, Path: "/v1/charges/*"})
	a.post(t, "/_sandbox/reset", "").want(t, 200, nil)
	if len(a.Ledger())+len(a.Requests(""))+len(a.Faults()) != 0 {
		t.Error("the reset left something behind")
	}
	a.get(t, intentsPath+"/"+paid.text("id"), "").want(t, 404, nil)
	a.get(t, "/v1/charges/"+paid.text("latest_charge"), "").want(t, 404, nil)
	again := a.pay(t, "pm_card_visa", "", key("k"))
	again.want(t, 200, map[string]any{"created": int(start.Unix())})
	if again.text("id") == paid.text("id") || again.header.Get("Idempotent-Replayed") != "" {
		t.Error("the key outlived the reset")
	}
	a.get(t, "/_sandbox/nothing", "").want(t, 404, nil)
	a.get(t, "/_sandbox/reset", "").want(t, 404, nil)
}

// A seed makes a run repeatable; without one, two sandboxes share no id.
func TestT01_SeedsAndIDs(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) string {
		a := api{Sandbox: sandbox.New(sandbox.Config{Seed: seed, Now: (&clock{now: start}).Now})}
		return a.pay(t, "pm_card_visa", "").raw
	}
	seven, again, eight, free, other := run(7), run(7), run(8), run(0), run(0)
	if seven != again {
		t.Error("one seed gave two histories")
	}
	if seven == eight || free == other {
		t.Error("two runs share their ids")
	}
}
