package sandbox

import (
	"net/http"
	"slices"
)

var invoiceRoutes = []route{
	{http.MethodPost, "/v1/invoices", "invoice", invoiceCreateShape, checkInvoice, (*Sandbox).createInvoice},
	{http.MethodGet, "/v1/invoices", "list of invoice", invoiceListShape, checkList, (*Sandbox).listInvoices},
	{http.MethodGet, "/v1/invoices/upcoming", "invoice", upcomingShape(), nil, (*Sandbox).getUpcoming},
	{
		http.MethodGet, "/v1/invoices/upcoming/lines", "list of line_item", upcomingLinesShape(), checkList,
		(*Sandbox).listUpcomingLines,
	},
	{http.MethodGet, "/v1/invoices/{id}", "invoice", getShape, nil, (*Sandbox).getInvoice},
	{http.MethodPost, "/v1/invoices/{id}", "invoice", invoiceUpdateShape, nil, (*Sandbox).updateInvoice},
	{http.MethodDelete, "/v1/invoices/{id}", "invoice", shape{}, nil, (*Sandbox).deleteInvoice},
	{http.MethodGet, "/v1/invoices/{id}/lines", "list of line_item", lineListShape, checkList, (*Sandbox).listLines},
	{
		http.MethodPost, "/v1/invoices/{id}/finalize", "invoice",
		shape{{name: "auto_advance", kind: kindBoolean}, expandField},
		nil, (*Sandbox).requestFinalize,
	},
	{http.MethodPost, "/v1/invoices/{id}/pay", "invoice", invoicePayShape, nil, (*Sandbox).requestPay},
	{http.MethodPost, "/v1/invoices/{id}/void", "invoice", getShape, nil, (*Sandbox).requestVoid},
	{
		http.MethodPost, "/v1/invoices/{id}/mark_uncollectible", "invoice", getShape, nil,
		(*Sandbox).requestUncollectible,
	},
	{http.MethodPost, "/v1/invoices/{id}/send", "invoice", getShape, nil, (*Sandbox).requestSend},

	{http.MethodPost, "/v1/invoiceitems", "invoiceitem", itemCreateShape, checkItem, (*Sandbox).createInvoiceItem},
	{http.MethodGet, "/v1/invoiceitems", "list of invoiceitem", invoiceItemListShape, checkList, (*Sandbox).listInvoiceItems},
	{http.MethodGet, "/v1/invoiceitems/{id}", "invoiceitem", getShape, nil, (*Sandbox).getInvoiceItem},
	{http.MethodDelete, "/v1/invoiceitems/{id}", "invoiceitem", shape{}, nil, (*Sandbox).deleteInvoiceItem},
}

// Names, lengths and enums: spec3.json at 2023-10-16. The order of the statuses is that of Stripe's message.
var (
	invoiceListShape = listShape(
		collectionField, field{name: "customer", max: 5000}, field{name: "due_date", kind: kindRefused},
		field{name: "status", kind: kindEnum, oneOf: []string{
			invoiceDraft, invoiceOpen, invoiceVoid, invoicePaid, invoiceUncollectible,
		}},
		field{name: "subscription", max: 5000},
	)
	invoiceCreateShape = slices.Concat(invoiceShape(), shape{
		{name: "currency", kind: kindCurrency},
		{name: "customer", max: 5000, required: true},
		{name: "pending_invoice_items_behavior", kind: kindEnum, oneOf: []string{"exclude", "include"}},
	}, notReckoned("from_invoice", "subscription"))
	invoiceUpdateShape = invoiceShape()
	invoicePayShape    = slices.Concat(shape{
		expandField,
		{name: "off_session", kind: kindBoolean},
		{name: "paid_out_of_band", kind: kindBoolean},
		{name: "payment_method", max: 5000},
	}, notReckoned("forgive", "mandate", "source"))
	lineListShape = shape{
		{name: "ending_before", max: 5000},
		expandField,
		{name: "limit", kind: kindInteger},
		{name: "starting_after", max: 5000},
	}
	periodField = field{name: "period", kind: kindHash, fields: shape{
		{name: "end", kind: kindTimestamp, required: true}, {name: "start", kind: kindTimestamp, required: true},
	}}
	itemCreateShape = slices.Concat(shape{
		{name: "amount", kind: kindInteger},
		{name: "currency", kind: kindCurrency},
		{name: "customer", max: 5000, required: true},
		{name: "description", max: 5000},
		{name: "discountable", kind: kindBoolean},
		expandField,
		{name: "invoice", max: 5000},
		metadataField,
		periodField,
		{name: "price", max: 5000},
		{name: "quantity", kind: kindInteger},
		{name: "subscription", max: 5000},
		{name: "unit_amount", kind: kindInteger},
	}, notReckoned("discounts", "price_data", "tax_behavior", "tax_code", "tax_rates", "unit_amount_decimal"))
	invoiceItemListShape = listShape(
		field{name: "customer", max: 5000}, field{name: "invoice", max: 5000}, field{name: "pending", kind: kindBoolean},
	)
)

// invoiceShape is what a create and an update share.
func invoiceShape() shape {
	return slices.Concat(shape{
		{name: "auto_advance", kind: kindBoolean},
		collectionField,
		{name: "days_until_due", kind: kindInteger},
		{name: "default_payment_method", max: 5000, unset: true},
		{name: "description", max: 1500, unset: true},
		{name: "due_date", kind: kindTimestamp},
		expandField,
		{name: "footer", max: 5000, unset: true},
		metadataField,
		{name: "statement_descriptor", max: 22},
	}, notReckoned("account_tax_ids", "application_fee_amount", "automatic_tax", "custom_fields", "default_source",
		"default_tax_rates", "discounts", "effective_at", "issuer", "number", "on_behalf_of", "payment_settings",
		"rendering", "shipping_cost", "shipping_details", "transfer_data"))
}

// upcomingShape takes an update of a subscription in the form of a question. Items that it gives apart from a
// subscription are not imitated.
func upcomingShape() shape {
	return slices.Concat(shape{
		{name: "currency", kind: kindCurrency},
		{name: "customer", max: 5000},
		expandField,
		{name: "subscription", max: 5000},
		{name: "subscription_billing_cycle_anchor", kind: kindEnum, oneOf: []string{"now", "unchanged"}},
		{name: "subscription_cancel_at", kind: kindTimestamp, unset: true},
		{name: "subscription_cancel_at_period_end", kind: kindBoolean},
		{name: "subscription_items", kind: kindHashes, fields: append(itemShape(),
			field{name: "clear_usage", kind: kindRefused}, field{name: "deleted", kind: kindBoolean},
			field{name: "id", max: 5000})},
		{name: "subscription_proration_behavior", kind: kindEnum, oneOf: prorationField.oneOf},
		{name: "subscription_proration_date", kind: kindTimestamp},
		{name: "subscription_trial_end", max: 5000},
		{name: "subscription_trial_from_plan", kind: kindBoolean},
	}, notReckoned("automatic_tax", "coupon", "customer_details", "discounts", "invoice_items", "issuer", "on_behalf_of",
		"schedule", "subscription_cancel_now", "subscription_default_tax_rates", "subscription_resume_at",
		"subscription_start_date"))
}

func upcomingLinesShape() shape {
	return slices.Concat(upcomingShape(), shape{
		{name: "ending_before", max: 5000}, {name: "limit", kind: kindInteger}, {name: "starting_after", max: 5000},
	})
}
