package apierr

// kind is what an error code of Stripe's says about a call.
type kind int

// The kinds of error codes.
const (
	// kindUnknown is that of a code that is newer than this build: Stripe adds codes without a new API version.
	kindUnknown kind = iota
	// kindInvalid: a parameter is wrong.
	kindInvalid
	// kindDecline: the money or the method was refused.
	kindDecline
	// kindState: the state of an object, or a limit on it, forbids the call.
	kindState
	// kindMissing: an object does not exist.
	kindMissing
	// kindExists: what the call would make exists.
	kindExists
	// kindInProgress: a request with the same key is running.
	kindInProgress
	// kindLocked: another change holds the object.
	kindLocked
	// kindRateLimited: Stripe wants fewer requests.
	kindRateLimited
	// kindUnavailable: something that Stripe depends on does not answer; nothing was done.
	kindUnavailable
	// kindCredentials: our key is the trouble.
	kindCredentials
	// kindContract: our request, or the settings of the account, are the trouble.
	kindContract
)

// codesByKind holds all 167 error codes of stripe-go v76 (error.go), by what they say.
var codesByKind = map[kind][]string{
	kindInvalid: {
		"account_country_invalid_address", "account_number_invalid", "amount_too_large", "amount_too_small",
		"balance_invalid_parameter", "bank_account_bad_routing_numbers", "cardholder_phone_number_required",
		"charge_invalid_parameter", "clearing_code_unsupported", "country_code_invalid", "country_unsupported",
		"customer_tax_location_invalid", "email_invalid", "forwarding_api_invalid_parameter",
		"intent_verification_method_missing", "invalid_characters", "invalid_charge_amount",
		"invalid_source_usage", "invalid_tax_location", "missing", "parameter_invalid_empty",
		"parameter_invalid_integer", "parameter_invalid_string_blank", "parameter_invalid_string_empty",
		"parameter_missing", "parameters_exclusive", "payment_intent_incompatible_payment_method",
		"payment_intent_invalid_parameter", "payment_method_billing_details_address_missing",
		"payment_method_currency_mismatch", "payment_method_invalid_parameter",
		"payment_method_invalid_parameter_testmode",
		"payment_method_microdeposit_verification_amounts_invalid", "payment_method_unsupported_type",
		"postal_code_invalid", "routing_number_invalid", "setup_intent_invalid_parameter", "state_unsupported",
		"tax_id_invalid", "token_already_used", "transfer_source_balance_parameters_mismatch", "url_invalid",
	},
	kindDecline: {
		"account_closed", "account_information_mismatch", "acss_debit_session_incomplete",
		"authentication_required", "bank_account_declined", "bank_account_restricted", "bank_account_unusable",
		"bank_account_unverified", "bank_account_verification_failed", "billing_invalid_mandate",
		"card_decline_rate_limit_exceeded", "card_declined", "charge_exceeds_source_limit",
		"debit_not_authorized", "expired_card", "incorrect_address", "incorrect_cvc", "incorrect_number",
		"incorrect_zip", "insufficient_funds", "invalid_card_type", "invalid_cvc", "invalid_expiry_month",
		"invalid_expiry_year", "invalid_number", "invoice_payment_intent_requires_action", "no_account",
		"payment_intent_action_required", "payment_intent_authentication_failure",
		"payment_intent_konbini_rejected_confirmation_number", "payment_intent_mandate_invalid",
		"payment_intent_payment_attempt_expired", "payment_intent_payment_attempt_failed",
		"payment_method_bank_account_blocked", "payment_method_customer_decline",
		"payment_method_microdeposit_failed", "payment_method_microdeposit_verification_amounts_mismatch",
		"payment_method_microdeposit_verification_attempts_exceeded",
		"payment_method_microdeposit_verification_descriptor_code_mismatch",
		"payment_method_microdeposit_verification_timeout", "payment_method_not_available",
		"payment_method_provider_decline", "payment_method_provider_timeout", "processing_error",
		"refer_to_customer", "sepa_unsupported_account", "setup_attempt_failed",
		"setup_intent_authentication_failure", "setup_intent_mandate_invalid",
		"setup_intent_setup_attempt_expired", "token_card_network_invalid",
	},
	kindState: {
		"account_error_country_change_requires_additional_steps", "application_fees_not_allowed",
		"balance_insufficient", "capture_charge_authorization_expired", "capture_unauthorized_payment",
		"charge_already_captured", "charge_already_refunded", "charge_disputed", "charge_expired_for_capture",
		"charge_not_refundable", "coupon_expired", "customer_max_payment_methods",
		"customer_max_subscriptions", "financial_connections_account_inactive",
		"financial_connections_no_successful_transaction_refresh", "instant_payouts_config_disabled",
		"instant_payouts_currency_disabled", "instant_payouts_limit_exceeded", "instant_payouts_unsupported",
		"intent_invalid_state", "invoice_no_customer_line_items", "invoice_no_payment_method_types",
		"invoice_no_subscription_line_items", "invoice_not_editable", "invoice_on_behalf_of_not_editable",
		"not_allowed_on_standard_account", "out_of_inventory", "ownership_declaration_not_allowed",
		"payment_intent_unexpected_state", "payment_method_bank_account_already_verified",
		"payment_method_unexpected_state", "payout_reconciliation_not_ready", "payouts_limit_exceeded",
		"payouts_not_allowed", "product_inactive", "progressive_onboarding_limit_exceeded",
		"refund_disputed_payment", "return_intent_already_processed", "setup_intent_unexpected_state",
		"sku_inactive", "status_transition_invalid", "terminal_location_country_unsupported",
		"token_in_use", "transfers_not_allowed",
	},
	kindMissing: {
		"account_invalid", "invoice_upcoming_none", "resource_missing",
	},
	kindExists: {
		"bank_account_exists", "resource_already_exists",
	},
	kindInProgress:  {"idempotency_key_in_use"},
	kindLocked:      {"lock_timeout"},
	kindRateLimited: {"rate_limit"},
	kindUnavailable: {
		"forwarding_api_upstream_connection_error", "forwarding_api_upstream_connection_timeout",
		"shipping_calculation_failed", "taxes_calculation_failed", "terminal_reader_busy",
		"terminal_reader_hardware_fault", "terminal_reader_offline", "terminal_reader_timeout",
	},
	kindCredentials: {
		"api_key_expired", "platform_api_key_expired", "platform_account_required", "secret_key_required",
		"testmode_charges_only", "livemode_mismatch",
	},
	kindContract: {
		"alipay_upgrade_required", "bitcoin_upgrade_required", "forwarding_api_inactive", "parameter_unknown",
		"payment_method_configuration_failures", "payment_method_unactivated", "stripe_tax_inactive",
		"tls_version_unsupported",
	},
}

// kinds is codesByKind the other way round.
var kinds = func() map[string]kind {
	byCode := map[string]kind{}
	for k, list := range codesByKind {
		for _, code := range list {
			byCode[code] = k
		}
	}
	return byCode
}()

// Known is whether the table has an error code of Stripe's.
func Known(code string) bool { return kinds[code] != kindUnknown }
