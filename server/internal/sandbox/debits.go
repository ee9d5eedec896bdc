package sandbox

// testDebit is one of Stripe's published test bank accounts: what it looks like and how a debit ends.
type testDebit struct {
	number   string // the account's number, or the IBAN
	last4    string
	bankCode string // of SEPA accounts; the others are in the USA
	country  string // likewise

	bounces  *decline // why the bank sends it back; nil when it pays
	exceeds  *decline // why a debit is refused at once, before the bank is asked
	forever  bool     // the bank never answers
	late     bool     // the bank takes its time
	disputed bool     // the customer disputes the debit as soon as it has succeeded
	noSmall  bool     // microdeposits do not arrive
}

func bounce(code, message string) *decline {
	return &decline{code: code, message: message, noCardError: true}
}

var (
	bounceClosed = bounce("account_closed", "The customer's bank account has been closed.")
	bounceNone   = bounce("no_account", "The customer's bank account could not be located.")
	bounceFunds  = bounce("insufficient_funds",
		"The customer's account has insufficient funds to cover this payment.")
	bounceUnauthorized = bounce("debit_not_authorized",
		"The customer has notified their bank that this payment was unauthorized.")
	bounceCurrency = bounce("invalid_currency", "The bank account does not support the currency of this payment.")
	bounceRefused  = bounce("refer_to_customer", "The payment was refused by the customer's bank.")
	bounceRisk     = &decline{
		code: "payment_method_provider_decline", message: "The payment was blocked because of its high risk.",
		blocked: true, noCardError: true,
	}
	limitVolume = bounce("charge_exceeds_source_limit",
		"This payment would cause the bank account to exceed its weekly payment volume limit.")
	limitTransactions = bounce("charge_exceeds_weekly_limit",
		"The amount of this payment exceeds the transaction volume limit of the bank account.")
)

// testDebits are the template ids of docs.stripe.com/testing, bank accounts: ACH, and SEPA in Germany. An account that
// has a name counts as verified; one that is given by its number must be verified first (bank_account.go).
var testDebits = map[string]testDebit{
	"pm_usBankAccount_success":             account("000123456789", testDebit{}),
	"pm_usBankAccount_accountClosed":       account("000111111113", testDebit{bounces: bounceClosed}),
	"pm_usBankAccount_noAccount":           account("000111111116", testDebit{bounces: bounceNone}),
	"pm_usBankAccount_insufficientFunds":   account("000222222227", testDebit{bounces: bounceFunds}),
	"pm_usBankAccount_debitNotAuthorized":  account("000333333335", testDebit{bounces: bounceUnauthorized}),
	"pm_usBankAccount_invalidCurrency":     account("000444444440", testDebit{bounces: bounceCurrency}),
	"pm_usBankAccount_failMicrodeposits":   account("000666666661", testDebit{noSmall: true}),
	"pm_usBankAccount_dispute":             account("000555555559", testDebit{disputed: true}),
	"pm_usBankAccount_processing":          account("000000000009", testDebit{forever: true}),
	"pm_usBankAccount_riskLevelHighest":    account("000000004954", testDebit{exceeds: bounceRisk}),
	"pm_usBankAccount_weeklyLimitExceeded": account("000777777771", testDebit{exceeds: limitVolume}),

	"pm_success_de":                  iban("DE89370400440532013000", testDebit{}),
	"pm_successDelayed_de":           iban("DE08370400440532013003", testDebit{late: true}),
	"pm_failed_de":                   iban("DE62370400440532013001", testDebit{bounces: bounceRefused}),
	"pm_failedDelayed_de":            iban("DE78370400440532013004", testDebit{bounces: bounceRefused, late: true}),
	"pm_disputed_de":                 iban("DE35370400440532013002", testDebit{disputed: true}),
	"pm_insufficientFunds_de":        iban("DE65370400440002222227", testDebit{bounces: bounceFunds}),
	"pm_exceedsWeeklyVolumeLimit_de": iban("DE65370400440000343434", testDebit{exceeds: limitVolume}),
	"pm_exceedsWeeklyTransactionLimit_de": iban("DE27370400440000121212",
		testDebit{exceeds: limitTransactions}),
}

// account is an account in the USA.
func account(number string, t testDebit) testDebit {
	t.number, t.last4 = number, number[len(number)-4:]
	return t
}

// iban is an account in the SEPA.
func iban(number string, t testDebit) testDebit {
	t = account(number, t)
	t.country, t.bankCode = number[:2], number[4:4+bankCodeLength(number[:2])]
	return t
}

// bankCodeLength is how many characters behind the check digits name the bank (the registry of IBANs).
func bankCodeLength(country string) int {
	switch country {
	case "DE":
		return 8
	case "AT", "FR":
		return 5
	case "BE", "FI", "LU":
		return 3
	default:
		return 4
	}
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

// testRouting is the routing number of every published account.
const testRouting = "110000000"

// describe makes a method of the account.
func (t testDebit) describe(m *paymentMethod) {
	m.debit = &t
	if t.bankCode != "" {
		m.Type = "sepa_debit"
		m.SEPADebit = &sepaDebit{
			BankCode: t.bankCode, Country: t.country, Fingerprint: fingerprint(t.number), Last4: t.last4,
		}
		return
	}
	m.Type = "us_bank_account"
	m.USBankAccount = &usBankAccount{
		AccountHolderType: "individual", AccountType: "checking", BankName: "STRIPE TEST BANK",
		Fingerprint: fingerprint(testRouting + t.number), Last4: t.last4,
		Networks: usNetworks{Preferred: "ach", Supported: []string{"ach"}}, RoutingNumber: testRouting,
	}
}
