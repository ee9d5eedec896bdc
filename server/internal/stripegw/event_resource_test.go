package stripegw_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// eventKinds are the types of objects that events hold, each with the fields without which it can not be read.
var eventKinds = map[string][]string{
	"payment_intent": {"object", "id", "status", "amount", "currency"},
	"refund":         {"object", "id", "amount", "currency"},
	"customer":       {"object", "id"},
	"payment_method": {"object", "id"},
	"setup_intent":   {"object", "id", "status"},
	"subscription":   {"object", "id", "status"},
	"invoice":        {"object", "id", "currency", "amount_due"},
	"price":          {"object", "id", "currency"},
	"dispute":        {"object", "id", "status", "amount", "currency"},
}

// resourceIn is the resource that an event of this type holds.
func resourceIn(t *testing.T, eventType string, object any) (stripegw.Resource, error) {
	t.Helper()
	return newGateway(t, "http://stripe.test").EventResource(decoded(t, eventOf(t, eventType, object, nil)))
}

// TestSnapshotIsReadAsTheObjectIs: of the same object, an event makes the same message as a read.
func TestSnapshotIsReadAsTheObjectIs(t *testing.T) {
	for kind := range eventKinds {
		t.Run(kind, func(t *testing.T) {
			object := object(t, sample(t, kind), map[string]any{"metadata": map[string]any{"tillgate_operation": operationID}})
			id := object["id"].(string)
			g := newGateway(t, "http://stripe.test", func(c *stripegw.Config) {
				c.Transport = inProcess(encode(t, object))
			})
			read, err := g.FetchObject(t.Context(), kind, id)
			if err != nil {
				t.Fatalf("%v\n%s", err, visible(err))
			}
			held, err := g.EventResource(decoded(t, eventOf(t, kind+".happened", object, nil)))
			if err != nil {
				t.Fatal(err)
			}
			checkSame(t, "snapshot", read.Message, held.Message)
			if held.ID != id || held.Kind != kind || held.State != read.State || held.Ended != read.Ended {
				t.Errorf("held %+v, read %+v", held, read)
			}
			if strings.Contains(protoText(held.Message), operationID) {
				t.Errorf("our own pair is told: %v", held.Message)
			}
		})
	}
}

// TestOddSnapshots: whatever stands in a field, the object is read, but for the few fields without which it is none.
func TestOddSnapshots(t *testing.T) {
	odd := []any{
		nil, 7, -1.5, true, "canary_text", []any{}, []any{7}, map[string]any{}, map[string]any{"id": 7, "object": []any{}},
	}
	g := newGateway(t, "http://stripe.test")
	for kind, required := range eventKinds {
		whole := object(t, sample(t, kind), nil)
		for field := range whole {
			for _, value := range odd {
				object := maps.Clone(whole)
				object[field] = value
				e := decoded(t, eventOf(t, "x.y", object, nil))
				got, err := g.EventResource(e)
				switch {
				case err != nil && !slices.Contains(required, field):
					t.Errorf("%s with %s = %v: %v", kind, field, value, err)
				case err != nil && strings.Contains(err.Error(), "canary"):
					t.Errorf("%s with %s = %v: %v tells what stood there", kind, field, value, err)
				case err == nil && (got.ID == "" || got.Kind != kind || got.Message == nil):
					t.Errorf("%s with %s = %v: %+v", kind, field, value, got)
				}
			}
		}
	}
}

// TestSnapshotOfNothing: what is not among our objects, or not what it says it is, is no resource.
func TestSnapshotOfNothing(t *testing.T) {
	for name, object := range map[string]map[string]any{
		"another type":             {"object": "payout", "id": canary},
		"no type":                  {"id": canary},
		"no id":                    {"object": "customer", "email": canary},
		"a schedule":               {"object": "subscription_schedule", "id": canary},
		"a tombstone of a price":   {"object": "price", "id": canary, "deleted": true},
		"an invoice that is to be": {"object": "invoice", "currency": "usd", "amount_due": 5, "number": canary},
	} {
		if got, err := resourceIn(t, "x.y", object); err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	if got, err := newGateway(t, "http://stripe.test").EventResource(stripegw.StripeEvent{ObjectKind: "customer"}); err == nil {
		t.Errorf("an event that was not decoded: got %v", got)
	}
}

// TestReferencesInSnapshots: a dispute and a refund name their payment by its id, or hold it.
func TestReferencesInSnapshots(t *testing.T) {
	for _, payment := range []any{"pi_9", map[string]any{"id": "pi_9", "object": "payment_intent"}} {
		changes := map[string]any{"payment_intent": payment, "charge": map[string]any{"id": "ch_9"}}
		dispute, err := resourceIn(t, "charge.dispute.created", object(t, sample(t, "dispute"), changes))
		if err != nil {
			t.Fatal(err)
		}
		if d := dispute.Message.(*paymentsv1.Dispute); d.GetPaymentId() != "pi_9" || d.GetChargeId() != "ch_9" {
			t.Errorf("dispute %v", d)
		}
		refund, err := resourceIn(t, "refund.updated", refundSample(t, changes))
		if err != nil {
			t.Fatal(err)
		}
		if r := refund.Message.(*paymentsv1.Refund); r.GetPaymentId() != "pi_9" || r.GetChargeId() != "ch_9" {
			t.Errorf("refund %v", r)
		}
	}
}

// TestStateOfResources: all states of each object, of which those that are named are its last ones.
func TestStateOfResources(t *testing.T) {
	for _, tt := range []struct {
		message func(n int32) proto.Message
		states  protoreflect.EnumDescriptor
		kind    string
		last    []string
	}{
		{
			func(n int32) proto.Message { return &paymentsv1.Payment{Id: "x", State: paymentsv1.PaymentState(n)} },
			paymentsv1.PaymentState(0).Descriptor(), "payment_intent",
			[]string{"PAYMENT_STATE_SUCCEEDED", "PAYMENT_STATE_CANCELED"},
		},
		{
			func(n int32) proto.Message { return &paymentsv1.Refund{Id: "x", State: paymentsv1.RefundState(n)} },
			paymentsv1.RefundState(0).Descriptor(), "refund",
			[]string{"REFUND_STATE_FAILED", "REFUND_STATE_CANCELED"},
		},
		{
			func(n int32) proto.Message {
				return &paymentsv1.SetupIntent{Id: "x", State: paymentsv1.SetupIntentState(n)}
			},
			paymentsv1.SetupIntentState(0).Descriptor(), "setup_intent",
			[]string{"SETUP_INTENT_STATE_SUCCEEDED", "SETUP_INTENT_STATE_CANCELED"},
		},
		{
			func(n int32) proto.Message {
				return &paymentsv1.Subscription{Id: "x", State: paymentsv1.SubscriptionState(n)}
			},
			paymentsv1.SubscriptionState(0).Descriptor(), "subscription",
			[]string{"SUBSCRIPTION_STATE_CANCELED", "SUBSCRIPTION_STATE_INCOMPLETE_EXPIRED"},
		},
		{
			func(n int32) proto.Message { return &paymentsv1.Invoice{Id: "x", State: paymentsv1.InvoiceState(n)} },
			paymentsv1.InvoiceState(0).Descriptor(), "invoice",
			[]string{"INVOICE_STATE_PAID", "INVOICE_STATE_VOID"},
		},
		{
			func(n int32) proto.Message { return &paymentsv1.Dispute{Id: "x", State: paymentsv1.DisputeState(n)} },
			paymentsv1.DisputeState(0).Descriptor(), "dispute",
			[]string{"DISPUTE_STATE_WON", "DISPUTE_STATE_LOST", "DISPUTE_STATE_WARNING_CLOSED"},
		},
	} {
		values := tt.states.Values()
		for i := range values.Len() {
			value := values.Get(i)
			got, ok := stripegw.NewResource(tt.message(int32(value.Number())))
			want := slices.Contains(tt.last, string(value.Name()))
			if !ok || got.ID != "x" || got.Kind != tt.kind || got.State != int32(value.Number()) || got.Ended != want {
				t.Errorf("%s: %+v, %t, want ended = %t", value.Name(), got, ok, want)
			}
		}
	}
}

func TestNewResource(t *testing.T) {
	for _, tt := range []struct {
		name    string
		message proto.Message
		want    stripegw.Resource
		ok      bool
	}{
		{"customer", &paymentsv1.Customer{Id: "cus_1"}, stripegw.Resource{ID: "cus_1", Kind: "customer"}, true},
		{
			"deleted customer", &paymentsv1.Customer{Id: "cus_1", Deleted: true},
			stripegw.Resource{ID: "cus_1", Kind: "customer", Ended: true},
			true,
		},
		{
			"method without a customer", &paymentsv1.PaymentMethod{Id: "pm_1"},
			stripegw.Resource{ID: "pm_1", Kind: "payment_method"},
			true,
		},
		{"archived plan", &paymentsv1.Plan{Id: "price_1"}, stripegw.Resource{ID: "price_1", Kind: "price"}, true},
		{"no id", &paymentsv1.Payment{}, stripegw.Resource{Kind: "payment_intent"}, false},
		{"of no object", &paymentsv1.Money{}, stripegw.Resource{}, false},
		{"nothing", nil, stripegw.Resource{}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := stripegw.NewResource(tt.message)
			got.Message = nil
			if ok != tt.ok || ok && got != tt.want {
				t.Errorf("got %+v, %t, want %+v, %t", got, ok, tt.want, tt.ok)
			}
		})
	}
}

// TestResourceAfter: three kinds of events say more than the object in them.
func TestResourceAfter(t *testing.T) {
	customer := &paymentsv1.Customer{Id: "cus_1", Email: "jane@example.com"}
	plan := &paymentsv1.Plan{Id: "price_1", Active: true, LookupKey: "gold"}
	for _, tt := range []struct {
		kind          string
		message, want proto.Message
		ended         bool
	}{
		{"customer.updated", customer, customer, false},
		{"customer.deleted", customer, &paymentsv1.Customer{Id: "cus_1", Deleted: true}, true},
		{"price.updated", plan, plan, false},
		{"price.deleted", plan, &paymentsv1.Plan{Id: "price_1", LookupKey: "gold"}, true},
		{
			"payment_method.detached", &paymentsv1.PaymentMethod{Id: "pm_1", CustomerId: "cus_1"},
			&paymentsv1.PaymentMethod{Id: "pm_1", CustomerId: "cus_1"}, false,
		},
		{"payment_method.detached", &paymentsv1.PaymentMethod{Id: "pm_1"}, &paymentsv1.PaymentMethod{Id: "pm_1"}, true},
		{"payment_method.updated", &paymentsv1.PaymentMethod{Id: "pm_1"}, &paymentsv1.PaymentMethod{Id: "pm_1"}, false},
		{"customer.deleted", &paymentsv1.Refund{Id: "re_1"}, &paymentsv1.Refund{Id: "re_1"}, false},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			before := proto.Clone(tt.message)
			r, _ := stripegw.NewResource(tt.message)
			got := r.After(tt.kind)
			checkSame(t, "message", tt.want, got.Message)
			if got.Ended != tt.ended || got.ID != r.ID || got.Kind != r.Kind {
				t.Errorf("got %+v, want ended = %t", got, tt.ended)
			}
			if !proto.Equal(before, tt.message) {
				t.Errorf("the message went from %v to %v", before, tt.message)
			}
		})
	}
	held, err := resourceIn(t, "customer.deleted", customerSample(t, map[string]any{"id": "cus_1", "email": canary}))
	if err != nil || !held.Ended || !held.Message.(*paymentsv1.Customer).GetDeleted() || strings.Contains(protoText(held.Message), canary) {
		t.Errorf("of the event it is %v, %v", held.Message, err)
	}
}
