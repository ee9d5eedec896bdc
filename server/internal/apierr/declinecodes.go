package apierr

import (
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

const (
	adviseRetryLater    = paymentsv1.DeclineAdvice_DECLINE_ADVICE_RETRY_LATER
	adviseFixData       = paymentsv1.DeclineAdvice_DECLINE_ADVICE_FIX_DATA
	adviseNewMethod     = paymentsv1.DeclineAdvice_DECLINE_ADVICE_NEW_METHOD
	adviseContactIssuer = paymentsv1.DeclineAdvice_DECLINE_ADVICE_CONTACT_ISSUER
	adviseAuthenticate  = paymentsv1.DeclineAdvice_DECLINE_ADVICE_AUTHENTICATE
	adviseStop          = paymentsv1.DeclineAdvice_DECLINE_ADVICE_STOP
)

// What a customer may be told. The sentences are ours: Stripe's may hold data of the customer. A decline that must not be
// told says what a decline without a reason says.
const (
	saysDeclined         = "The payment was declined. Please use another payment method or contact your bank."
	saysFunds            = "The payment was declined for lack of funds. Please use another payment method."
	saysLimit            = "The payment is above a limit of this payment method. Please use another one or contact your bank."
	saysExpired          = "The card has expired. Please use another card."
	saysNumber           = "The card number is wrong. Please check it and try again."
	saysSecurityCode     = "The card's security code is wrong. Please check it and try again."
	saysExpiry           = "The card's expiry date is wrong. Please check it and try again."
	saysAddress          = "The billing address does not fit the card. Please check it and try again."
	saysPIN              = "The PIN is wrong or is needed. Please try again with the PIN or use another payment method."
	saysUnsupported      = "This payment method can not be used for this purchase. Please use another one."
	saysTryLater         = "The payment could not be processed just now. Please try again later."
	saysAuthenticate     = "Your bank asks you to confirm this payment. Please confirm it and try again."
	saysNotAuthenticated = "The payment was not confirmed with your bank. Please use another payment method."
	saysDuplicate        = "A payment of the same amount was made shortly before. Please check it before you pay again."
	saysBankAccount      = "The bank account could not be debited. Please use another payment method."
	saysVerify           = "The bank account could not be verified. Please check your details and try again."
	saysUnverified       = "The bank account could not be verified. Please use another payment method."
	saysAmounts          = "The amounts do not match those that the bank account received. Please check them and try again."
	saysDescriptor       = "The code does not match the one that the bank account received. Please check it and try again."
	saysDetails          = "The details do not fit the payment method. Please check them and try again."
)

// declineCodes holds the 47 decline codes of stripe-go v76 (error.go), and those that Stripe's docs have added since
// (https://docs.stripe.com/declines/codes), with what helps.
var declineCodes = map[string]decline{
	"authentication_required":           {advice: adviseAuthenticate, message: saysAuthenticate},
	"approve_with_id":                   {advice: adviseRetryLater, message: saysTryLater, wait: time.Minute},
	"call_issuer":                       {advice: adviseContactIssuer, message: saysDeclined},
	"card_not_supported":                {advice: adviseContactIssuer, message: saysUnsupported},
	"card_velocity_exceeded":            {advice: adviseContactIssuer, message: saysLimit},
	"currency_not_supported":            {advice: adviseContactIssuer, message: saysUnsupported},
	"do_not_honor":                      {advice: adviseContactIssuer, message: saysDeclined},
	"do_not_try_again":                  {advice: adviseContactIssuer, message: saysDeclined},
	"duplicate_transaction":             {advice: adviseContactIssuer, message: saysDuplicate},
	"expired_card":                      {advice: adviseNewMethod, message: saysExpired},
	"fraudulent":                        {advice: adviseStop, message: saysDeclined},
	"generic_decline":                   {advice: adviseContactIssuer, message: saysDeclined},
	"incorrect_number":                  {advice: adviseFixData, message: saysNumber},
	"incorrect_cvc":                     {advice: adviseFixData, message: saysSecurityCode},
	"incorrect_pin":                     {advice: adviseFixData, message: saysPIN},
	"incorrect_zip":                     {advice: adviseFixData, message: saysAddress},
	"insufficient_funds":                {advice: adviseNewMethod, message: saysFunds},
	"invalid_account":                   {advice: adviseContactIssuer, message: saysDeclined},
	"invalid_amount":                    {advice: adviseContactIssuer, message: saysLimit},
	"invalid_cvc":                       {advice: adviseFixData, message: saysSecurityCode},
	"invalid_expiry_month":              {advice: adviseFixData, message: saysExpiry},
	"invalid_expiry_year":               {advice: adviseFixData, message: saysExpiry},
	"invalid_number":                    {advice: adviseFixData, message: saysNumber},
	"invalid_pin":                       {advice: adviseFixData, message: saysPIN},
	"issuer_not_available":              {advice: adviseRetryLater, message: saysTryLater, wait: 5 * time.Minute},
	"lost_card":                         {advice: adviseStop, message: saysDeclined},
	"merchant_blacklist":                {advice: adviseStop, message: saysDeclined},
	"new_account_information_available": {advice: adviseContactIssuer, message: saysDeclined},
	"no_action_taken":                   {advice: adviseContactIssuer, message: saysDeclined},
	"not_permitted":                     {advice: adviseContactIssuer, message: saysDeclined},
	"offline_pin_required":              {advice: adviseNewMethod, message: saysPIN},
	"online_or_offline_pin_required":    {advice: adviseNewMethod, message: saysPIN},
	"pickup_card":                       {advice: adviseStop, message: saysDeclined},
	"pin_try_exceeded":                  {advice: adviseNewMethod, message: saysDeclined},
	"processing_error":                  {advice: adviseRetryLater, message: saysTryLater, wait: time.Minute},
	"reenter_transaction":               {advice: adviseRetryLater, message: saysTryLater, wait: time.Minute},
	"restricted_card":                   {advice: adviseContactIssuer, message: saysDeclined},
	"revocation_of_all_authorizations":  {advice: adviseStop, message: saysDeclined},
	"revocation_of_authorization":       {advice: adviseStop, message: saysDeclined},
	"security_violation":                {advice: adviseContactIssuer, message: saysDeclined},
	"service_not_allowed":               {advice: adviseContactIssuer, message: saysDeclined},
	"stolen_card":                       {advice: adviseStop, message: saysDeclined},
	"stop_payment_order":                {advice: adviseStop, message: saysDeclined},
	"testmode_decline":                  {advice: adviseNewMethod, message: saysDeclined},
	"transaction_not_allowed":           {advice: adviseContactIssuer, message: saysDeclined},
	"try_again_later":                   {advice: adviseRetryLater, message: saysTryLater, wait: time.Hour},
	"withdrawal_count_limit_exceeded":   {advice: adviseNewMethod, message: saysLimit},

	// Newer than the SDK.
	"authentication_not_handled":            {advice: adviseAuthenticate, message: saysAuthenticate},
	"incorrect_address":                     {advice: adviseFixData, message: saysAddress},
	"lost_or_stolen_card":                   {advice: adviseStop, message: saysDeclined},
	"mobile_device_authentication_required": {advice: adviseAuthenticate, message: saysAuthenticate},
	"partner_generic_decline":               {advice: adviseContactIssuer, message: saysDeclined},
	"invalid_customer_account":              {advice: adviseNewMethod, message: saysBankAccount},
	"payment_limit_exceeded":                {advice: adviseNewMethod, message: saysLimit},
	"invalid_billing_agreement":             {advice: adviseNewMethod, message: saysBankAccount},
	"compliance_violation":                  {advice: adviseContactIssuer, message: saysDeclined},
}

// paymentCodes holds the error codes that refuse a payment without a decline code: bank debits, verifications and cards
// that Stripe itself turns away.
var paymentCodes = map[string]decline{
	"account_closed":                                             {advice: adviseNewMethod, message: saysBankAccount},
	"account_information_mismatch":                               {advice: adviseFixData, message: saysDetails},
	"acss_debit_session_incomplete":                              {advice: adviseAuthenticate, message: saysAuthenticate},
	"authentication_required":                                    {advice: adviseAuthenticate, message: saysAuthenticate},
	"bank_account_declined":                                      {advice: adviseNewMethod, message: saysBankAccount},
	"bank_account_restricted":                                    {advice: adviseNewMethod, message: saysBankAccount},
	"bank_account_unusable":                                      {advice: adviseNewMethod, message: saysBankAccount},
	"bank_account_unverified":                                    {advice: adviseFixData, message: saysVerify},
	"bank_account_verification_failed":                           {advice: adviseFixData, message: saysVerify},
	"billing_invalid_mandate":                                    {advice: adviseNewMethod, message: saysBankAccount},
	"card_decline_rate_limit_exceeded":                           {advice: adviseRetryLater, message: saysDeclined, wait: 24 * time.Hour},
	"card_declined":                                              {advice: adviseContactIssuer, message: saysDeclined},
	"charge_exceeds_source_limit":                                {advice: adviseNewMethod, message: saysLimit},
	"debit_not_authorized":                                       {advice: adviseStop, message: saysBankAccount},
	"expired_card":                                               {advice: adviseNewMethod, message: saysExpired},
	"incorrect_address":                                          {advice: adviseFixData, message: saysAddress},
	"incorrect_cvc":                                              {advice: adviseFixData, message: saysSecurityCode},
	"incorrect_number":                                           {advice: adviseFixData, message: saysNumber},
	"incorrect_zip":                                              {advice: adviseFixData, message: saysAddress},
	"insufficient_funds":                                         {advice: adviseNewMethod, message: saysFunds},
	"invalid_card_type":                                          {advice: adviseNewMethod, message: saysUnsupported},
	"invalid_cvc":                                                {advice: adviseFixData, message: saysSecurityCode},
	"invalid_expiry_month":                                       {advice: adviseFixData, message: saysExpiry},
	"invalid_expiry_year":                                        {advice: adviseFixData, message: saysExpiry},
	"invalid_number":                                             {advice: adviseFixData, message: saysNumber},
	"invoice_payment_intent_requires_action":                     {advice: adviseAuthenticate, message: saysAuthenticate},
	"no_account":                                                 {advice: adviseFixData, message: saysDetails},
	"payment_intent_action_required":                             {advice: adviseAuthenticate, message: saysAuthenticate},
	"payment_intent_authentication_failure":                      {advice: adviseNewMethod, message: saysNotAuthenticated},
	"payment_intent_konbini_rejected_confirmation_number":        {advice: adviseFixData, message: saysDetails},
	"payment_intent_mandate_invalid":                             {advice: adviseNewMethod, message: saysBankAccount},
	"payment_intent_payment_attempt_expired":                     {advice: adviseNewMethod, message: saysDeclined},
	"payment_intent_payment_attempt_failed":                      {advice: adviseNewMethod, message: saysDeclined},
	"payment_method_bank_account_blocked":                        {advice: adviseStop, message: saysBankAccount},
	"payment_method_customer_decline":                            {advice: adviseNewMethod, message: saysDeclined},
	"payment_method_microdeposit_failed":                         {advice: adviseFixData, message: saysVerify},
	"payment_method_microdeposit_verification_amounts_mismatch":  {advice: adviseFixData, message: saysAmounts},
	"payment_method_microdeposit_verification_attempts_exceeded": {advice: adviseNewMethod, message: saysUnverified},
	"payment_method_microdeposit_verification_descriptor_code_mismatch": {advice: adviseFixData, message: saysDescriptor},
	"payment_method_microdeposit_verification_timeout":                  {advice: adviseNewMethod, message: saysUnverified},
	"payment_method_not_available":                                      {advice: adviseNewMethod, message: saysUnsupported},
	"payment_method_provider_decline":                                   {advice: adviseNewMethod, message: saysDeclined},
	"payment_method_provider_timeout":                                   {advice: adviseRetryLater, message: saysTryLater, wait: 5 * time.Minute},
	"processing_error":                                                  {advice: adviseRetryLater, message: saysTryLater, wait: time.Minute},
	"refer_to_customer":                                                 {advice: adviseContactIssuer, message: saysBankAccount},
	"sepa_unsupported_account":                                          {advice: adviseNewMethod, message: saysBankAccount},
	"setup_attempt_failed":                                              {advice: adviseNewMethod, message: saysDeclined},
	"setup_intent_authentication_failure":                               {advice: adviseNewMethod, message: saysNotAuthenticated},
	"setup_intent_mandate_invalid":                                      {advice: adviseNewMethod, message: saysBankAccount},
	"setup_intent_setup_attempt_expired":                                {advice: adviseNewMethod, message: saysDeclined},
	// Newer than stripe-go's list: the first payment of a subscription, or that of a change, which is not made without it.
	"subscription_payment_intent_requires_action": {advice: adviseAuthenticate, message: saysAuthenticate},
	"token_card_network_invalid":                  {advice: adviseNewMethod, message: saysUnsupported},
}
