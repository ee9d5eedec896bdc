package stripegw

import paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"

// customerWrites are the rpcs that make and change customers.
func customerWrites() []write {
	return []write{
		newWrite(paymentsv1.CustomerService_CreateCustomer_FullMethodName, prepareCreateCustomer, write{
			object: customerKind,
			lookUp: created(listCreatedCustomers),
			fields: customerFields(),
		}),
		newWrite(paymentsv1.CustomerService_EnsureCustomer_FullMethodName, prepareEnsureCustomer, write{
			object:       customerKind,
			lookUp:       created(listCreatedCustomers),
			fields:       customerFields(),
			forReference: true,
		}),
		newWrite(paymentsv1.CustomerService_UpdateCustomer_FullMethodName, prepareUpdateCustomer, write{
			object:      customerKind,
			lookUp:      changed(stands),
			fields:      customerUpdates.fields(paramFields{"customer": "customer_id"}),
			subject:     customerSubject,
			subjectPath: customerPath,
		}),
		newWrite(paymentsv1.CustomerService_DeleteCustomer_FullMethodName, prepareDeleteCustomer, write{
			object:      customerKind,
			lookUp:      changed(deleted),
			fields:      paramFields{"customer": "customer_id"},
			subject:     customerSubject,
			subjectPath: customerPath,
			deletes:     true,
		}),
		newWrite(paymentsv1.CustomerService_SetDefaultPaymentMethod_FullMethodName, prepareSetDefaultPaymentMethod, write{
			object: customerKind,
			lookUp: changed(stands),
			fields: paramFields{
				"customer":         "customer_id",
				"invoice_settings": "payment_method_id",
				// Where it is not this customer's, Stripe may name the method itself.
				"payment_method": "payment_method_id",
				"invoice_settings[default_payment_method]": "payment_method_id",
			},
			subject:     customerSubject,
			subjectPath: customerPath,
		}),
	}
}

// paymentMethodWrites are those of payment methods.
func paymentMethodWrites() []write {
	return []write{
		newWrite(paymentsv1.CustomerService_CreatePaymentMethod_FullMethodName, prepareCreatePaymentMethod, write{
			object: paymentMethodKind,
			// Stripe has no list of methods without a customer.
			lookUp: noLookUp,
			fields: joined(billingFields("billing_details"), paramFields{
				"card":  "card_token",
				"token": "card_token",
				// Codes: of a token that is used, or of an account that there is not, Stripe may name no parameter.
				"token_already_used":                   "card_token",
				"account_number_invalid":               "us_bank_account.account_number",
				"routing_number_invalid":               "us_bank_account.routing_number",
				"bank_account_bad_routing_numbers":     "us_bank_account.routing_number",
				"us_bank_account":                      "us_bank_account",
				"us_bank_account[account_number]":      "us_bank_account.account_number",
				"us_bank_account[routing_number]":      "us_bank_account.routing_number",
				"us_bank_account[account_holder_type]": "us_bank_account.account_holder_type",
				"us_bank_account[account_type]":        "us_bank_account.account_type",
				"sepa_debit":                           "sepa_debit",
				"sepa_debit[iban]":                     "sepa_debit.iban",
				metadataParam:                          "metadata",
			}),
		}),
		newWrite(paymentsv1.CustomerService_UpdatePaymentMethod_FullMethodName, prepareUpdatePaymentMethod, write{
			object:      paymentMethodKind,
			lookUp:      changed(stands),
			fields:      paymentMethodUpdates.fields(paramFields{"payment_method": "payment_method_id"}),
			subject:     paymentMethodSubject,
			subjectPath: paymentMethodPath,
		}),
		newWrite(paymentsv1.CustomerService_AttachPaymentMethod_FullMethodName, prepareAttachPaymentMethod, write{
			object:      paymentMethodKind,
			lookUp:      changed(stands),
			fields:      paramFields{"payment_method": "payment_method_id", "customer": "customer_id"},
			subject:     paymentMethodSubject,
			subjectPath: paymentMethodPath,
			// "The payment method you provided has already been attached to a customer."
			stateParam: "payment_method",
		}),
		newWrite(paymentsv1.CustomerService_DetachPaymentMethod_FullMethodName, prepareDetachPaymentMethod, write{
			object:      paymentMethodKind,
			lookUp:      changed(detached),
			fields:      paramFields{"payment_method": "payment_method_id"},
			subject:     paymentMethodSubject,
			subjectPath: paymentMethodPath,
			// "The payment method you provided is not attached to a customer so detachment is impossible."
			stateParam: "payment_method",
		}),
	}
}

// setupIntentWrites are those of setup intents.
func setupIntentWrites() []write {
	return []write{
		newWrite(paymentsv1.CustomerService_CreateSetupIntent_FullMethodName, prepareCreateSetupIntent, write{
			object: setupIntentKind,
			lookUp: created(listCreatedSetupIntents),
			fields: joined(mandateFields(), paramFields{
				"customer":               "customer_id",
				"payment_method":         "payment_method_id",
				"payment_method_types":   "payment_method_types",
				"confirm":                "confirm",
				"usage":                  "usage",
				"return_url":             "return_url",
				"payment_method_options": "bank_account_verification",
				"description":            "description",
				metadataParam:            "metadata",
			}),
			confirms: confirmsAtOnce,
		}),
		newWrite(paymentsv1.CustomerService_ConfirmSetupIntent_FullMethodName, prepareConfirmSetupIntent, write{
			object: setupIntentKind,
			// As for a payment, nobody can tell of requires_payment_method which try failed.
			lookUp: changed(confirmed("succeeded", "processing", "requires_action")),
			fields: joined(mandateFields(), paramFields{
				"intent":         "setup_intent_id",
				"payment_method": "payment_method_id",
				"return_url":     "return_url",
			}),
			subject:     setupIntentSubject,
			subjectPath: setupIntentPath,
			confirms:    always,
		}),
		newWrite(paymentsv1.CustomerService_CancelSetupIntent_FullMethodName, prepareCancelSetupIntent, write{
			object:      setupIntentKind,
			lookUp:      changed(inState("canceled")),
			fields:      paramFields{"intent": "setup_intent_id", "cancellation_reason": "cancellation_reason"},
			subject:     setupIntentSubject,
			subjectPath: setupIntentPath,
		}),
	}
}

// microdepositWrites are both rows of the rpc that verifies a bank account, for a setup intent or for a payment.
func microdepositWrites() []write {
	const method = paymentsv1.CustomerService_VerifyMicrodeposits_FullMethodName
	fields := paramFields{
		"amounts":         "amounts",
		"descriptor_code": "descriptor_code",
		// A code, for a parameter that Stripe does not name.
		"payment_method_microdeposit_verification_amounts_invalid": "amounts",
	}
	return []write{
		newWrite(method, prepareVerifyMicrodeposits, write{
			object:      setupIntentKind,
			lookUp:      changed(inState("succeeded")),
			fields:      joined(fields, paramFields{"intent": "setup_intent_id"}),
			subject:     setupIntentSubject,
			subjectPath: setupIntentPath,
			stateParam:  "intent",
		}),
		newWrite(method, prepareVerifyMicrodeposits, write{
			object: paymentObject,
			// The bank debit goes on from there.
			lookUp:      changed(inState("processing", "succeeded")),
			fields:      joined(fields, paramFields{"intent": "payment_id"}),
			subject:     paymentSubject,
			subjectPath: paymentPath,
			stateParam:  "intent",
		}),
	}
}
