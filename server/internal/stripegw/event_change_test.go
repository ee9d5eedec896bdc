package stripegw_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stripe/stripe-mock/embedded"

	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// told is what is expected of one type of event.
type told struct {
	// object is the type of what the change is of; empty where nothing is published.
	object string
	// kind is what is published, where it is not the type itself.
	kind string
	// begins and fetch are those of the change; refreshes is whether the payment behind it is read again.
	begins, fetch, refreshes bool
	// unasked is whether our endpoint does not ask for it.
	unasked bool
}

// published is the kind that is told of the type.
func (w told) published(eventType string) string {
	if w.kind != "" {
		return w.kind
	}
	return eventType
}

// toldTypes are all types that mean something to us, but for charge.refunded: the types that are named beside EventType
// in event.proto, and those that refresh a payment.
var toldTypes = map[string]told{
	"payment_intent.created":                   {object: "payment_intent", begins: true},
	"payment_intent.updated":                   {object: "payment_intent", unasked: true},
	"payment_intent.requires_action":           {object: "payment_intent"},
	"payment_intent.processing":                {object: "payment_intent"},
	"payment_intent.amount_capturable_updated": {object: "payment_intent"},
	"payment_intent.partially_funded":          {object: "payment_intent"},
	"payment_intent.payment_failed":            {object: "payment_intent"},
	"payment_intent.succeeded":                 {object: "payment_intent"},
	"payment_intent.canceled":                  {object: "payment_intent"},

	"charge.captured": {refreshes: true},
	"charge.updated":  {refreshes: true},
	"charge.expired":  {refreshes: true},

	"charge.refund.updated": {object: "refund", kind: "refund.updated", refreshes: true},
	"refund.created":        {object: "refund", begins: true},
	"refund.updated":        {object: "refund"},
	"refund.failed":         {object: "refund", refreshes: true, unasked: true},

	"customer.created": {object: "customer", begins: true},
	"customer.updated": {object: "customer"},
	"customer.deleted": {object: "customer"},

	"payment_method.attached":              {object: "payment_method", begins: true},
	"payment_method.updated":               {object: "payment_method"},
	"payment_method.automatically_updated": {object: "payment_method"},
	"payment_method.detached":              {object: "payment_method"},

	"setup_intent.created":         {object: "setup_intent", begins: true},
	"setup_intent.requires_action": {object: "setup_intent"},
	"setup_intent.setup_failed":    {object: "setup_intent"},
	"setup_intent.succeeded":       {object: "setup_intent"},
	"setup_intent.canceled":        {object: "setup_intent"},

	"customer.subscription.created":                {object: "subscription", begins: true, fetch: true},
	"customer.subscription.updated":                {object: "subscription", fetch: true},
	"customer.subscription.paused":                 {object: "subscription", fetch: true},
	"customer.subscription.resumed":                {object: "subscription", fetch: true},
	"customer.subscription.trial_will_end":         {object: "subscription", fetch: true},
	"customer.subscription.pending_update_applied": {object: "subscription", fetch: true},
	"customer.subscription.pending_update_expired": {object: "subscription", fetch: true},
	"customer.subscription.deleted":                {object: "subscription"},

	"invoice.created":                 {object: "invoice", begins: true},
	"invoice.updated":                 {object: "invoice"},
	"invoice.finalized":               {object: "invoice"},
	"invoice.finalization_failed":     {object: "invoice"},
	"invoice.sent":                    {object: "invoice"},
	"invoice.payment_failed":          {object: "invoice", fetch: true},
	"invoice.payment_action_required": {object: "invoice", fetch: true},
	"invoice.paid":                    {object: "invoice"},
	"invoice.voided":                  {object: "invoice"},
	"invoice.marked_uncollectible":    {object: "invoice"},

	"price.created": {object: "price", begins: true},
	"price.updated": {object: "price"},
	"price.deleted": {object: "price"},

	"charge.dispute.created":          {object: "dispute", begins: true, refreshes: true},
	"charge.dispute.updated":          {object: "dispute"},
	"charge.dispute.funds_withdrawn":  {object: "dispute"},
	"charge.dispute.funds_reinstated": {object: "dispute"},
	"charge.dispute.closed":           {object: "dispute"},
}

// untoldTypes mean nothing to us, since another event tells of the same.
var untoldTypes = []string{
	"charge.succeeded", "charge.failed", "charge.pending", "invoice.payment_succeeded",
	"plan.created", "plan.updated", "plan.deleted",
}

func TestChangesOfEveryType(t *testing.T) {
	for eventType, want := range toldTypes {
		for version, atOurs := range map[string]bool{
			"2023-10-16": true, "2020-08-27": false, "2025-03-31.basil": false, "": false,
		} {
			t.Run(eventType+" at "+version, func(t *testing.T) {
				about := want.object
				if about == "" {
					about = "charge"
				}
				object := map[string]any{"object": about, "id": "x_1", "payment_intent": "pi_9"}
				e := decoded(t, eventOf(t, eventType, object, map[string]any{"api_version": version}))
				var changes []stripegw.Change
				if want.object != "" {
					changes = append(changes, stripegw.Change{
						Kind: want.published(eventType), ObjectKind: want.object, ObjectID: "x_1", Begins: want.begins,
						Snapshot: atOurs && !want.fetch,
					})
				}
				if want.refreshes {
					changes = append(changes, stripegw.Change{ObjectKind: "payment_intent", ObjectID: "pi_9", Refresh: true})
				}
				if diff := cmp.Diff(changes, stripegw.ChangesOf(e)); diff != "" {
					t.Errorf("changes (-want +got):\n%s", diff)
				}
			})
		}
	}
	for _, eventType := range untoldTypes {
		if got := changesOf(t, eventType, map[string]any{"object": "charge", "id": "ch_1"}); got != nil {
			t.Errorf("%s: %v, want nothing", eventType, got)
		}
	}
}

func TestChangesOfSpecialCases(t *testing.T) {
	charge := func(intent any) map[string]any {
		return map[string]any{"object": "charge", "id": "ch_1", "payment_intent": intent}
	}
	refunds := stripegw.Change{Kind: "refund.created", ObjectKind: "refund", ChargeID: "ch_1", Begins: true}
	refresh := stripegw.Change{ObjectKind: "payment_intent", ObjectID: "pi_9", Refresh: true}
	for _, tt := range []struct {
		name, eventType string
		object          map[string]any
		want            []stripegw.Change
	}{
		{"refunds of a charge", "charge.refunded", charge("pi_9"), []stripegw.Change{refunds, refresh}},
		{"payment expanded", "charge.refunded", charge(map[string]any{"id": "pi_9"}), []stripegw.Change{refunds, refresh}},
		{"charge without a payment", "charge.refunded", charge(nil), []stripegw.Change{refunds}},
		{"nothing to refresh", "charge.updated", charge(nil), nil},
		{"what is no payment", "charge.captured", charge(5), nil},
		{
			"sold once", "price.created",
			map[string]any{"object": "price", "id": "price_1", "recurring": nil},
			nil,
		},
		{
			"subscribed to", "price.created",
			map[string]any{"object": "price", "id": "price_1", "recurring": map[string]any{"interval": "month"}},
			[]stripegw.Change{{Kind: "price.created", ObjectKind: "price", ObjectID: "price_1", Begins: true, Snapshot: true}},
		},
		{
			"another object than the type says", "payment_intent.succeeded", charge("pi_9"),
			[]stripegw.Change{{Kind: "payment_intent.succeeded", ObjectKind: "payment_intent", ObjectID: "ch_1"}},
		},
		{
			"W-08 unknown type", "payout.paid",
			map[string]any{"object": "payout", "id": "po_1"},
			[]stripegw.Change{{Kind: "payout.paid", ObjectKind: "payout", ObjectID: "po_1", Opaque: true}},
		},
		{
			"unknown type of a known object", "invoice.overdue",
			map[string]any{"object": "invoice", "id": "in_1"},
			[]stripegw.Change{{Kind: "invoice.overdue", ObjectKind: "invoice", ObjectID: "in_1", Opaque: true}},
		},
		{
			"object without an id", "invoice.upcoming",
			map[string]any{"object": "invoice"},
			[]stripegw.Change{{Kind: "invoice.upcoming", ObjectKind: "invoice", Opaque: true}},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, changesOf(t, tt.eventType, tt.object)); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

func changesOf(t *testing.T, eventType string, object any) []stripegw.Change {
	t.Helper()
	return stripegw.ChangesOf(decoded(t, eventOf(t, eventType, object, nil)))
}

// TestEventTypes: the endpoint asks for what changes something here, and for nothing that Stripe would refuse.
func TestEventTypes(t *testing.T) {
	want := []string{"charge.refunded"}
	for eventType, told := range toldTypes {
		if !told.unasked {
			want = append(want, eventType)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, stripegw.EventTypes()); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
	described := describedEventTypes(t)
	for _, eventType := range slices.Concat(stripegw.EventTypes(), untoldTypes) {
		if !slices.Contains(described, eventType) {
			t.Errorf("Stripe has no %s at our version", eventType)
		}
	}
}

// opaqueTypes are about what has messages of ours, or belongs to it, and are told of as opaque all the same.
var opaqueTypes = []string{
	"customer.discount.created", "customer.discount.deleted", "customer.discount.updated",
	"customer.source.created", "customer.source.deleted", "customer.source.expiring", "customer.source.updated",
	"customer.tax_id.created", "customer.tax_id.deleted", "customer.tax_id.updated",
	"invoice.deleted", "invoice.upcoming",
}

// TestNoTypeIsForgotten: of what Stripe describes, each type that is about an object of ours was thought of.
func TestNoTypeIsForgotten(t *testing.T) {
	known := slices.Concat(slices.Collect(maps.Keys(toldTypes)), untoldTypes, opaqueTypes, []string{"charge.refunded"})
	families := []string{
		"payment_intent", "refund", "customer", "payment_method", "setup_intent", "invoice", "price", "plan", "charge",
	}
	for _, eventType := range describedEventTypes(t) {
		family, _, _ := strings.Cut(eventType, ".")
		if slices.Contains(families, family) && !slices.Contains(known, eventType) {
			t.Errorf("%s is in none of the tables", eventType)
		}
	}
}

// describedEventTypes are those that an endpoint can ask for, as Stripe describes it at our version.
func describedEventTypes(t *testing.T) []string {
	t.Helper()
	type form struct {
		Schema struct {
			Properties map[string]struct {
				Items struct {
					Enum []string `json:"enum"`
				} `json:"items"`
			} `json:"properties"`
		} `json:"schema"`
	}
	var described struct {
		Paths map[string]struct {
			Post struct {
				RequestBody struct {
					Content map[string]form `json:"content"`
				} `json:"requestBody"`
			} `json:"post"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(embedded.OpenAPISpec, &described); err != nil {
		t.Fatal(err)
	}
	create := described.Paths["/v1/webhook_endpoints"].Post.RequestBody.Content["application/x-www-form-urlencoded"]
	types := create.Schema.Properties["enabled_events"].Items.Enum
	if len(types) < 100 {
		t.Fatalf("found %d types of events", len(types))
	}
	return types
}
