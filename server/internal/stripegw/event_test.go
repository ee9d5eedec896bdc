package stripegw_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stripe/stripe-go/v76/webhook"

	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// eventOf is the body of an event of this type about an object, with changes to the event, keys separated by dots.
func eventOf(tb testing.TB, eventType string, object any, changes map[string]any) []byte {
	tb.Helper()
	e := map[string]any{
		"id": "evt_1", "object": "event", "api_version": "2023-10-16", "created": 1700000000,
		"data": map[string]any{"object": object}, "livemode": false, "pending_webhooks": 1,
		"request": map[string]any{"id": "req_1", "idempotency_key": "tg1-abc"}, "type": eventType,
	}
	for key, value := range changes {
		at := e
		if outer, inner, nested := strings.Cut(key, "."); nested {
			at, key = e[outer].(map[string]any), inner
		}
		at[key] = value
	}
	body, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

// decoded is an event that must be readable.
func decoded(tb testing.TB, body []byte) stripegw.StripeEvent {
	tb.Helper()
	e, err := stripegw.DecodeEvent(body)
	if err != nil {
		tb.Fatalf("%v: %s", err, body)
	}
	return e
}

func TestDecodeEvent(t *testing.T) {
	whole := stripegw.StripeEvent{
		ID: "evt_1", Type: "payment_intent.succeeded", APIVersion: "2023-10-16", Created: 1700000000,
		IdempotencyKey: "tg1-abc", ObjectKind: "payment_intent", ObjectID: "pi_1",
	}
	with := func(edit func(*stripegw.StripeEvent)) stripegw.StripeEvent {
		e := whole
		edit(&e)
		return e
	}
	intent := map[string]any{"id": "pi_1", "object": "payment_intent"}
	const succeeded = "payment_intent.succeeded"
	for _, tt := range []struct {
		name string
		body []byte
		want stripegw.StripeEvent
		err  error
	}{
		{"whole", eventOf(t, succeeded, intent, nil), whole, nil},
		{
			"no spaces", []byte(`{"id":"evt_1","object":"event","api_version":"2023-10-16","created":1700000000,"data":` +
				`{"previous_attributes":{"id":"pi_0"},"object":{"x":[{"id":"a]}"},[1,-2.5e3],true],"id":"pi_1",` +
				`"object":"payment_intent"}},"request":{"idempotency_key":"tg1-abc"},"type":"payment_intent.succeeded"}`),
			whole, nil,
		},
		{
			"of another", eventOf(t, succeeded, intent, map[string]any{
				"account": "acct_1", "livemode": true, "api_version": "2020-08-27",
				"request.idempotency_key": `kéy "1"`,
			}),
			with(func(e *stripegw.StripeEvent) {
				e.Account, e.Livemode, e.APIVersion, e.IdempotencyKey = "acct_1", true, "2020-08-27", `kéy "1"`
			}), nil,
		},
		{
			"caused by time", eventOf(t, succeeded, intent, map[string]any{"request": map[string]any{
				"id": nil, "idempotency_key": nil,
			}}),
			with(func(e *stripegw.StripeEvent) { e.IdempotencyKey = "" }), nil,
		},
		{
			"request of an old version", eventOf(t, succeeded, intent, map[string]any{"request": "req_1"}),
			with(func(e *stripegw.StripeEvent) { e.IdempotencyKey = "" }), nil,
		},
		{
			"object without an id", eventOf(t, "balance.available", map[string]any{"object": "balance"}, nil),
			with(func(e *stripegw.StripeEvent) {
				e.Type, e.ObjectKind, e.ObjectID = "balance.available", "balance", ""
			}), nil,
		},
		{
			"odd types", eventOf(t, succeeded, map[string]any{"id": 7, "object": nil}, map[string]any{
				"created": "soon", "livemode": "yes", "api_version": 2023, "account": []string{}, "request": 5,
			}),
			with(func(e *stripegw.StripeEvent) {
				e.Created, e.APIVersion, e.IdempotencyKey, e.ObjectKind, e.ObjectID = 0, "", "", "", ""
				e.Account = stripegw.UnreadableAccount
			}), nil,
		},
		{
			"what is not to be kept", eventOf(t, succeeded, map[string]any{
				"id": strings.Repeat("x", 256), "object": "a\x00b",
			}, map[string]any{"created": -1, "request.idempotency_key": "a\nb", "account": "a\u2028b"}),
			with(func(e *stripegw.StripeEvent) {
				e.Created, e.IdempotencyKey, e.ObjectKind, e.ObjectID = 0, "", "", ""
				e.Account = stripegw.UnreadableAccount
			}), nil,
		},
		{
			"time of no calendar",
			eventOf(t, succeeded, intent, map[string]any{"created": json.Number("99999999999999999999")}),
			with(func(e *stripegw.StripeEvent) { e.Created = 0 }), nil,
		},
		{
			"no id", eventOf(t, succeeded, intent, map[string]any{"id": ""}),
			with(func(e *stripegw.StripeEvent) { e.ID = "" }), stripegw.ErrNoEventID,
		},
		{
			"an id of another form", eventOf(t, succeeded, intent, map[string]any{"id": "evt 1"}),
			with(func(e *stripegw.StripeEvent) { e.ID = "" }), stripegw.ErrNoEventID,
		},
		{
			"no type", eventOf(t, succeeded, intent, map[string]any{"type": nil}),
			with(func(e *stripegw.StripeEvent) { e.Type = "" }), stripegw.ErrNoEventType,
		},
		{
			"no data", eventOf(t, succeeded, intent, map[string]any{"data": nil}),
			with(func(e *stripegw.StripeEvent) { e.ObjectKind, e.ObjectID = "", "" }), stripegw.ErrNoEventObject,
		},
		{
			"object by its id", eventOf(t, succeeded, "pi_1", nil),
			with(func(e *stripegw.StripeEvent) { e.ObjectKind, e.ObjectID = "", "" }), stripegw.ErrNoEventObject,
		},
		{
			"another object", eventOf(t, succeeded, intent, map[string]any{"object": "payment_intent"}), whole,
			stripegw.ErrMalformed,
		},
		{
			"thin", []byte(`{"id":"evt_test_65R9","object":"v2.core.event","type":"v1.billing.meter.error_report_triggered",` +
				`"livemode":true,"created":"2023-11-14T22:13:20.5Z","context":null,"reason":null,` +
				`"related_object":{"id":"mtr_1","type":"billing.meter","url":"/v1/billing/meters/mtr_1"}}`),
			stripegw.StripeEvent{
				ID: "evt_test_65R9", Type: "v1.billing.meter.error_report_triggered", Livemode: true, Created: 1700000000,
				ObjectKind: "billing.meter", ObjectID: "mtr_1",
			},
			stripegw.ErrThin,
		},
		{"cut off", []byte(`{"id":"evt_1","object":"event"`), stripegw.StripeEvent{}, stripegw.ErrMalformed},
		{"more behind it", []byte(`{"id":"evt_1","object":"event"} {}`), stripegw.StripeEvent{}, stripegw.ErrMalformed},
		{"empty", nil, stripegw.StripeEvent{}, stripegw.ErrMalformed},
		{"a list", []byte(`[{"id":"evt_1","object":"event"}]`), stripegw.StripeEvent{}, stripegw.ErrMalformed},
		{"a word", []byte(`null`), stripegw.StripeEvent{}, stripegw.ErrMalformed},
		{"empty object", []byte(` { } `), stripegw.StripeEvent{}, stripegw.ErrMalformed},
		{
			"bytes that are no text", []byte("{\"object\":\"event\",\"id\":\"evt_\xff\"}"),
			stripegw.StripeEvent{},
			stripegw.ErrNoEventID,
		},
		{"too deep", []byte(strings.Repeat(`{"data":`, 20000)), stripegw.StripeEvent{}, stripegw.ErrMalformed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := stripegw.DecodeEvent(tt.body)
			if !errors.Is(err, tt.err) {
				t.Errorf("err = %v, want %v", err, tt.err)
			}
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreUnexported(stripegw.StripeEvent{})); diff != "" {
				t.Errorf("event (-want +got):\n%s", diff)
			}
		})
	}
}

// What stands in the clear is no sentence and no path; what names an account in no way that can be read is not of ours.
func TestDecodeEventTakesTokens(t *testing.T) {
	object := func(id string) map[string]any { return map[string]any{"id": id, "object": "payment_intent"} }
	for id, want := range map[string]string{
		"pi_1": "pi_1", "gold-plan.v1": "gold-plan.v1", "../../v1/customers": "", "..": "", ".": "", "leak@example.com": "",
		"pi 1": "", "pi_\u200b1": "",
	} {
		if e := decoded(t, eventOf(t, "x.y", object(id), nil)); e.ObjectID != want {
			t.Errorf("the object %q is read as %q", id, e.ObjectID)
		}
	}
	for _, id := range []string{"evt-1", "evt.1", "evt_1/", "evt_\u00e9"} {
		body := eventOf(t, "x.y", object("pi_1"), map[string]any{"id": id})
		if e, err := stripegw.DecodeEvent(body); e.ID != "" || !errors.Is(err, stripegw.ErrNoEventID) {
			t.Errorf("the id %q is read as %q, %v", id, e.ID, err)
		}
	}
	for _, account := range []any{
		5, true, map[string]any{"id": "acct_1"}, []string{"acct_1"}, "", strings.Repeat("a", 256), "acct_\u200b1", "acct 1",
	} {
		e := decoded(t, eventOf(t, "x.y", object("pi_1"), map[string]any{"account": account}))
		if e.Account != stripegw.UnreadableAccount {
			t.Errorf("the account %v is read as %q", account, e.Account)
		}
	}
	if e := decoded(t, eventOf(t, "x.y", object("pi_1"), map[string]any{"account": nil})); e.Account != "" {
		t.Errorf("no account is read as %q", e.Account)
	}
}

// TestPrintedEventShowsNoObject: an event in a log or an error names itself alone.
func TestPrintedEventShowsNoObject(t *testing.T) {
	e := decoded(t, eventOf(t, "customer.created", map[string]any{
		"id": "cus_1", "object": "customer", "email": canary,
	}, map[string]any{"request.idempotency_key": canary}))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, e); strings.Contains(text, canary) || !strings.Contains(text, "evt_1") {
			t.Errorf("%s prints %s", verb, text)
		}
	}
}

// FuzzDecodeEvent: no body makes it panic, its errors are constant, and what it takes from an event of Stripe's is what
// stands there, whatever that is.
func FuzzDecodeEvent(f *testing.F) {
	f.Add([]byte(`{"id":"evt_1"}`), "evt_1", "a.b", "pi_1", int64(5))
	f.Add([]byte(`{"data":{"object":{}}}`), `\"`, "\u00e9", "\\u0000", int64(-1))
	f.Add([]byte("{\"a\" :\t[ ] , \"object\" : \"event\"}"), "}", "]", ",", int64(1))
	f.Fuzz(func(t *testing.T, body []byte, id, key, objectID string, created int64) {
		if e, err := stripegw.DecodeEvent(body); err != nil {
			checkFixedText(t, err)
		} else {
			_ = stripegw.ChangesOf(e)
		}
		made, err := json.Marshal(map[string]any{
			"nested": map[string]any{id: []string{key, objectID}}, "object": "event", "id": id, "type": "x.y",
			"created": created, "request": map[string]string{"idempotency_key": key},
			"data": map[string]any{"object": map[string]string{"id": objectID}, key: key},
		})
		if err != nil {
			t.Fatal(err)
		}
		e, err := stripegw.DecodeEvent(made)
		if err != nil {
			checkFixedText(t, err)
			return
		}
		if e.ID != id {
			t.Errorf("id = %q, want %q", e.ID, id)
		}
		for got, want := range map[string]string{e.IdempotencyKey: key, e.ObjectID: objectID} {
			if got != "" && got != want {
				t.Errorf("got %q, want %q or nothing", got, want)
			}
		}
		if e.Created != 0 && e.Created != created {
			t.Errorf("created = %d, want %d", e.Created, created)
		}
	})
}

func checkFixedText(t *testing.T, err error) {
	t.Helper()
	for _, known := range []error{
		stripegw.ErrMalformed, stripegw.ErrThin, stripegw.ErrNoEventID, stripegw.ErrNoEventType, stripegw.ErrNoEventObject,
	} {
		if errors.Is(err, known) {
			return
		}
	}
	t.Errorf("the error %q is none of ours", err)
}

// TestDecodeEventTakesItsTextsAlone: the object, which may be large, is not copied.
func TestDecodeEventTakesItsTextsAlone(t *testing.T) {
	body := eventOf(t, "invoice.paid", json.RawMessage(sample(t, "invoice")), nil)
	allocations := testing.AllocsPerRun(100, func() { decoded(t, body) })
	if allocations > 8 {
		t.Errorf("%v allocations, want at most one for each of its texts", allocations)
	}
}

// BenchmarkDecodeEvent compares what the intake does with each body with what stripe-go does after its signature.
func BenchmarkDecodeEvent(b *testing.B) {
	body := eventOf(b, "invoice.paid", json.RawMessage(sample(b, "invoice")), nil)
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			if _, err := stripegw.DecodeEvent(body); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("stripe-go", func(b *testing.B) {
		signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: "whsec_1"})
		b.ReportAllocs()
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			if _, err := webhook.ConstructEvent(body, signed.Header, "whsec_1"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
