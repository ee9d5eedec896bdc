package sandbox

import "slices"

// The values of payment_behavior: what becomes of a change whose invoice can not be paid at once.
const (
	allowIncomplete   = "allow_incomplete"
	defaultIncomplete = "default_incomplete"
	errorIfIncomplete = "error_if_incomplete"
	pendingIncomplete = "pending_if_incomplete"
)

// The values of proration_behavior.
const (
	createProrations = "create_prorations"
	alwaysInvoice    = "always_invoice"
	prorateNone      = "none"
)

// The values of trial_settings[end_behavior][missing_payment_method].
const (
	missingCreateInvoice = "create_invoice"
	missingCancel        = "cancel"
	missingPause         = "pause"
)

// The values of pause_collection[behavior].
const (
	pauseKeepDraft     = "keep_as_draft"
	pauseUncollectible = "mark_uncollectible"
	pauseVoid          = "void"
)

// maxItems stands in spec3.json, items.
const maxItems = 20

// notReckoned are parameters about what the sandbox does not reckon with: taxes, coupons, thresholds, other accounts.
func notReckoned(names ...string) shape {
	all := shape{}
	for _, name := range names {
		all = append(all, field{name: name, kind: kindRefused})
	}
	return all
}

var (
	prorationField = field{
		name: "proration_behavior", kind: kindEnum, oneOf: []string{alwaysInvoice, createProrations, prorateNone},
	}
	collectionField = field{
		name: "collection_method", kind: kindEnum, oneOf: []string{collectAutomatically, collectBySending},
	}
	cancellationField = field{name: "cancellation_details", kind: kindHash, fields: shape{
		{name: "comment", max: 5000, unset: true},
		{name: "feedback", kind: kindEnum, unset: true, oneOf: []string{
			"customer_service", "low_quality", "missing_features", "other", "switched_service", "too_complex",
			"too_expensive", "unused",
		}},
	}}
)

// Names, lengths and enums: spec3.json at 2023-10-16.
var (
	subscriptionCreateShape = slices.Concat(subscriptionShape(), shape{
		{name: "billing_cycle_anchor", kind: kindInteger},
		{name: "cancel_at", kind: kindInteger},
		{name: "currency", kind: kindCurrency},
		{name: "customer", max: 5000, required: true},
		{name: "default_payment_method", max: 5000},
		{name: "description", max: 500},
		{name: "items", kind: kindHashes, required: true, fields: itemShape()},
		{name: "trial_period_days", kind: kindInteger},
	}, notReckoned("backdate_start_date", "billing_cycle_anchor_config"))

	subscriptionUpdateShape = slices.Concat(subscriptionShape(), shape{
		{name: "billing_cycle_anchor", kind: kindEnum, oneOf: []string{"now", "unchanged"}},
		{name: "cancel_at", kind: kindInteger, unset: true},
		cancellationField,
		{name: "default_payment_method", max: 5000, unset: true},
		{name: "description", max: 500, unset: true},
		{name: "items", kind: kindHashes, fields: append(itemShape(),
			field{name: "clear_usage", kind: kindRefused}, field{name: "deleted", kind: kindBoolean},
			field{name: "id", max: 5000})},
		{name: "pause_collection", kind: kindHash, unset: true, fields: shape{
			{name: "behavior", kind: kindEnum, required: true, oneOf: []string{
				pauseKeepDraft, pauseUncollectible, pauseVoid,
			}},
			{name: "resumes_at", kind: kindInteger},
		}},
		{name: "proration_date", kind: kindInteger},
	})

	subscriptionCancelShape = shape{
		cancellationField, expandField, {name: "invoice_now", kind: kindBoolean}, {name: "prorate", kind: kindBoolean},
	}
	subscriptionResumeShape = shape{
		{name: "billing_cycle_anchor", kind: kindEnum, oneOf: []string{"now", "unchanged"}},
		expandField, prorationField,
		{name: "proration_date", kind: kindInteger},
	}
	subscriptionListShape = listShape(
		field{name: "automatic_tax", kind: kindRefused}, collectionField, field{name: "customer", max: 5000},
		field{name: "current_period_end", kind: kindRefused}, field{name: "current_period_start", kind: kindRefused},
		field{name: "price", max: 5000},
		field{name: "status", kind: kindEnum, oneOf: []string{
			subscriptionActive, "all", subscriptionCanceled, "ended", subscriptionIncomplete, subscriptionIncompleteExpired,
			subscriptionPastDue, subscriptionPaused, subscriptionTrialing, subscriptionUnpaid,
		}},
		field{name: "test_clock", max: 5000},
	)
	itemListShape = listShape(field{name: "subscription", required: true, max: 5000})
)

func subscriptionShape() shape {
	return slices.Concat(shape{
		{name: "cancel_at_period_end", kind: kindBoolean},
		collectionField,
		{name: "days_until_due", kind: kindInteger},
		expandField,
		metadataField,
		{name: "off_session", kind: kindBoolean},
		{name: "payment_behavior", kind: kindEnum, oneOf: []string{
			allowIncomplete, defaultIncomplete, errorIfIncomplete, pendingIncomplete,
		}},
		{name: "payment_settings", kind: kindHash, fields: shape{
			{name: "payment_method_options", kind: kindRefused},
			{name: "payment_method_types", kind: kindList, unset: true},
			{name: "save_default_payment_method", kind: kindEnum, oneOf: []string{saveOff, saveOnSubscription}},
		}},
		prorationField,
		{name: "trial_end", max: 5000},
		{name: "trial_from_plan", kind: kindBoolean},
		{name: "trial_settings", kind: kindHash, fields: shape{
			{name: "end_behavior", kind: kindHash, required: true, fields: shape{
				{name: "missing_payment_method", kind: kindEnum, required: true, oneOf: []string{
					missingCancel, missingCreateInvoice, missingPause,
				}},
			}},
		}},
	}, notReckoned("add_invoice_items", "application_fee_percent", "automatic_tax", "billing_thresholds", "coupon",
		"default_source", "default_tax_rates", "invoice_settings", "on_behalf_of", "pending_invoice_item_interval",
		"promotion_code", "transfer_data"))
}

func itemShape() shape {
	return slices.Concat(shape{
		{name: "metadata", kind: kindMetadata, unset: true},
		{name: "price", max: 5000},
		{name: "quantity", kind: kindInteger},
	}, notReckoned("billing_thresholds", "price_data", "tax_rates"))
}

// The values of payment_settings[save_default_payment_method].
const (
	saveOff            = "off"
	saveOnSubscription = "on_subscription"
)
