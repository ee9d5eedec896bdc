package stripegw

// charge is what we take from Stripe's, https://docs.stripe.com/api/charges/object.
type charge struct {
	ID                            string               `json:"id"`
	Status                        string               `json:"status"`
	Captured                      bool                 `json:"captured"`
	Amount                        int64                `json:"amount"`
	AmountCaptured                int64                `json:"amount_captured"`
	AmountRefunded                int64                `json:"amount_refunded"`
	Currency                      string               `json:"currency"`
	Refunded                      bool                 `json:"refunded"`
	Disputed                      bool                 `json:"disputed"`
	Created                       int64                `json:"created"`
	PaymentMethodDetails          paymentMethodDetails `json:"payment_method_details"`
	ReceiptURL                    string               `json:"receipt_url"`
	CalculatedStatementDescriptor string               `json:"calculated_statement_descriptor"`
	BalanceTransaction            string               `json:"balance_transaction"`
	Outcome                       struct {
		RiskLevel string `json:"risk_level"`
	} `json:"outcome"`

	// unexpanded is whether only the id is known.
	unexpanded bool
}

// paymentMethodDetails has one object that is named after its type: in a charge, and in a payment method.
type paymentMethodDetails struct {
	Type string `json:"type"`
	Card struct {
		Brand         string `json:"brand"`
		Last4         string `json:"last4"`
		ExpMonth      int32  `json:"exp_month"`
		ExpYear       int32  `json:"exp_year"`
		Funding       string `json:"funding"`
		Country       string `json:"country"`
		Fingerprint   string `json:"fingerprint"`
		CaptureBefore int64  `json:"capture_before"`
		Checks        struct {
			CVCCheck               string `json:"cvc_check"`
			AddressPostalCodeCheck string `json:"address_postal_code_check"`
			AddressLine1Check      string `json:"address_line1_check"`
		} `json:"checks"`
		Wallet struct {
			Type string `json:"type"`
		} `json:"wallet"`
	} `json:"card"`
	UsBankAccount struct {
		BankName          string `json:"bank_name"`
		Last4             string `json:"last4"`
		RoutingNumber     string `json:"routing_number"`
		Fingerprint       string `json:"fingerprint"`
		AccountHolderType string `json:"account_holder_type"`
		AccountType       string `json:"account_type"`
		StatusDetails     struct {
			Blocked struct {
				NetworkCode string `json:"network_code"`
			} `json:"blocked"`
		} `json:"status_details"`
	} `json:"us_bank_account"`
	SepaDebit struct {
		BankCode    string `json:"bank_code"`
		Country     string `json:"country"`
		Last4       string `json:"last4"`
		Fingerprint string `json:"fingerprint"`
	} `json:"sepa_debit"`
	Link struct {
		Country string `json:"country"`
	} `json:"link"`
}
