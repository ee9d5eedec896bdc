package sandbox

import (
	"fmt"
	"slices"
)

var scheduleSettingsField = field{name: "default_settings", kind: kindHash, fields: slices.Concat(shape{
	collectionField,
	{name: "default_payment_method", max: 5000},
	{name: "description", max: 500, unset: true},
	{name: "invoice_settings", kind: kindHash, fields: append(shape{
		{name: "days_until_due", kind: kindInteger},
	}, notReckoned("account_tax_ids", "issuer")...)},
}, notReckoned("application_fee_percent", "automatic_tax", "billing_cycle_anchor", "billing_thresholds",
	"on_behalf_of", "transfer_data"))}

var endBehaviorField = field{name: "end_behavior", kind: kindEnum, oneOf: []string{"cancel", "none", "release", "renew"}}

// Names, lengths and enums: spec3.json at 2023-10-16.
var (
	scheduleCreateShape = shape{
		{name: "customer", max: 5000},
		scheduleSettingsField, endBehaviorField, expandField,
		{name: "from_subscription", max: 5000},
		metadataField,
		{name: "phases", kind: kindHashes, fields: phaseShape()},
		{name: "start_date", max: 5000},
	}
	scheduleUpdateShape = shape{
		scheduleSettingsField, endBehaviorField, expandField, metadataField,
		{name: "phases", kind: kindHashes, fields: append(phaseShape(), field{name: "start_date", max: 5000})},
		prorationField,
	}
	scheduleReleaseShape = shape{expandField, {name: "preserve_cancel_date", kind: kindBoolean}}
	scheduleCancelShape  = shape{
		expandField, {name: "invoice_now", kind: kindBoolean}, {name: "prorate", kind: kindBoolean},
	}
	scheduleListShape = listShape(
		field{name: "canceled_at", kind: kindRefused}, field{name: "completed_at", kind: kindRefused},
		field{name: "customer", max: 5000}, field{name: "released_at", kind: kindRefused},
		field{name: "scheduled", kind: kindBoolean},
	)
)

func phaseShape() shape {
	return slices.Concat(shape{
		{name: "billing_cycle_anchor", kind: kindEnum, oneOf: []string{"automatic", phaseStart}},
		collectionField,
		{name: "default_payment_method", max: 5000},
		{name: "description", max: 500, unset: true},
		{name: "end_date", max: 5000},
		{name: "items", kind: kindHashes, required: true, fields: itemShape()},
		{name: "iterations", kind: kindInteger},
		{name: "metadata", kind: kindMetadata},
		prorationField,
		{name: "trial", kind: kindBoolean},
		{name: "trial_end", max: 5000},
	}, notReckoned("add_invoice_items", "application_fee_percent", "automatic_tax", "billing_thresholds", "coupon",
		"currency", "default_tax_rates", "invoice_settings", "on_behalf_of", "transfer_data"))
}

// phaseStart begins the billing cycle anew with a phase.
const phaseStart = "phase_start"

// checkScheduleCreate lets a schedule begin with a subscription only. Nothing else may be said beside that (spec3.json,
// from_subscription).
func checkScheduleCreate(c *call) *failure {
	if !c.has("from_subscription") {
		return invalid("", "from_subscription", "The sandbox imitates only schedules that begin with a subscription: pass "+
			"`from_subscription`.")
	}
	for _, name := range c.params.names {
		if name != "from_subscription" && name != "expand" {
			return invalid("", name, fmt.Sprintf("You cannot set `%s` if `from_subscription` is set.", name))
		}
	}
	return nil
}
