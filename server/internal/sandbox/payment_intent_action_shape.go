package sandbox

// metadataField takes an empty text, which unsets everything.
var metadataField = field{name: "metadata", kind: kindMetadata, unset: true}

var updateShape = shape{
	{name: "amount", kind: kindInteger},
	{name: "application_fee_amount", kind: kindRefused},
	{name: "capture_method", kind: kindEnum, oneOf: captureMethods},
	{name: "client_secret", max: 5000},
	{name: "currency", kind: kindCurrency},
	{name: "customer", max: 5000},
	{name: "description", max: 1000, unset: true},
	expandField,
	metadataField,
	{name: "payment_method", max: 5000},
	{name: "payment_method_configuration", kind: kindRefused},
	{name: "payment_method_data", kind: kindRefused},
	{name: "payment_method_options", kind: kindHash, fields: methodOptionsShape},
	{name: "payment_method_types", kind: kindList},
	{name: "receipt_email", kind: kindEmail, unset: true},
	{name: "setup_future_usage", kind: kindEnum, oneOf: futureUsages, unset: true},
	{name: "shipping", kind: kindHash, fields: shippingShape, unset: true},
	{name: "statement_descriptor", max: 22, unset: true},
	{name: "statement_descriptor_suffix", max: 22, unset: true},
	{name: "transfer_data", kind: kindRefused},
	{name: "transfer_group", unset: true},
}

var captureShape = shape{
	{name: "amount_to_capture", kind: kindInteger},
	{name: "application_fee_amount", kind: kindRefused},
	expandField,
	{name: "final_capture", kind: kindBoolean},
	metadataField,
	{name: "statement_descriptor", max: 22},
	{name: "statement_descriptor_suffix", max: 22},
	{name: "transfer_data", kind: kindRefused},
}

var cancelShape = shape{
	{
		name: "cancellation_reason", kind: kindEnum,
		oneOf: []string{"abandoned", "duplicate", "fraudulent", "requested_by_customer"},
	},
	expandField,
}
