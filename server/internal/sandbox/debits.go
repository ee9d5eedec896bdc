package sandbox

import "time"

// testDebit is one of Stripe's published test bank accounts: what it looks like and how a debit ends.
type testDebit struct {
	last4    string
	bankCode string   // of SEPA accounts; the others are in the USA
	bounces  *decline // why the bank sends it back; nil when it pays
	forever  bool     // it never answers
}

// debitDelay is how long a bank takes. At Stripe it is days, and minutes for the test accounts.
const debitDelay = 3 * time.Minute

func bounce(code, message string) *decline {
	return &decline{code: code, message: message, noCardError: true}
}

// testDebits are some of the template ids of docs.stripe.com/testing, bank accounts.
var testDebits = map[string]testDebit{
	"pm_usBankAccount_success": {last4: "6789"},
	"pm_usBankAccount_accountClosed": {
		last4: "1113", bounces: bounce("account_closed", "The customer's bank account has been closed."),
	},
	"pm_usBankAccount_noAccount": {
		last4: "1116", bounces: bounce("no_account", "The customer's bank account could not be located."),
	},
	"pm_usBankAccount_insufficientFunds": {last4: "2227", bounces: bounce("insufficient_funds",
		"The customer's account has insufficient funds to cover this payment.")},
	"pm_usBankAccount_debitNotAuthorized": {last4: "3335", bounces: bounce("debit_not_authorized",
		"The customer has notified their bank that this payment was unauthorized.")},
	"pm_usBankAccount_processing": {last4: "0009", forever: true},
	"pm_success_de":               {last4: "3000", bankCode: "37040044"},
	"pm_failed_de": {last4: "3001", bankCode: "37040044", bounces: bounce("refer_to_customer",
		"The payment was refused by the customer's bank.")},
	"pm_insufficientFunds_de": {last4: "2227", bankCode: "37040044", bounces: bounce("insufficient_funds",
		"The customer's account has insufficient funds to cover this payment.")},
}

type usBankAccount struct {
	AccountHolderType           string     `json:"account_holder_type"`
	AccountType                 string     `json:"account_type"`
	BankName                    string     `json:"bank_name"`
	FinancialConnectionsAccount null       `json:"financial_connections_account"`
	Fingerprint                 string     `json:"fingerprint"`
	Last4                       string     `json:"last4"`
	Networks                    usNetworks `json:"networks"`
	RoutingNumber               string     `json:"routing_number"`
	StatusDetails               struct{}   `json:"status_details"`
}

type usNetworks struct {
	Preferred string   `json:"preferred"`
	Supported []string `json:"supported"`
}

type sepaDebit struct {
	BankCode      string     `json:"bank_code"`
	BranchCode    nullString `json:"branch_code"`
	Country       string     `json:"country"`
	Fingerprint   string     `json:"fingerprint"`
	GeneratedFrom generated  `json:"generated_from"`
	Last4         string     `json:"last4"`
}

type generated struct {
	Charge       null `json:"charge"`
	SetupAttempt null `json:"setup_attempt"`
}

type usDebitsOptions struct {
	VerificationMethod string `json:"verification_method"`
}

// describe makes a method of the account.
func (t testDebit) describe(m *paymentMethod) {
	m.debit = &t
	owner, email := nullString("Jenny Rosen"), nullString("jenny.rosen@example.com")
	m.BillingDetails.Name, m.BillingDetails.Email = owner, email
	fingerprint := testCard{brand: t.bankCode, last4: t.last4}.fingerprint()
	if t.bankCode != "" {
		m.Type = "sepa_debit"
		m.SEPADebit = &sepaDebit{BankCode: t.bankCode, Country: "DE", Fingerprint: fingerprint, Last4: t.last4}
		return
	}
	m.Type = "us_bank_account"
	m.USBankAccount = &usBankAccount{
		AccountHolderType: "individual", AccountType: "checking", BankName: "STRIPE TEST BANK", Fingerprint: fingerprint,
		Last4: t.last4, Networks: usNetworks{Preferred: "ach", Supported: []string{"ach"}}, RoutingNumber: "110000000",
	}
}
