package sandbox

import "time"

// charge is Stripe's object, its properties in Stripe's order. Destination, Dispute, Order and Source are not in the
// published description, but api.stripe.com sends them at this version. Refunds is there only when it is expanded
// (docs.stripe.com/changelog/2022-11-15).
type charge struct {
	ID                            string            `json:"id"`
	Object                        string            `json:"object"`
	Amount                        int64             `json:"amount"`
	AmountCaptured                int64             `json:"amount_captured"`
	AmountRefunded                int64             `json:"amount_refunded"`
	Application                   null              `json:"application"`
	ApplicationFee                null              `json:"application_fee"`
	ApplicationFeeAmount          null              `json:"application_fee_amount"`
	BalanceTransaction            ref               `json:"balance_transaction"`
	BillingDetails                billingDetails    `json:"billing_details"`
	CalculatedStatementDescriptor nullString        `json:"calculated_statement_descriptor"`
	Captured                      bool              `json:"captured"`
	Created                       int64             `json:"created"`
	Currency                      string            `json:"currency"`
	Customer                      ref               `json:"customer"`
	Description                   nullString        `json:"description"`
	Destination                   null              `json:"destination"`
	Dispute                       ref               `json:"dispute"`
	Disputed                      bool              `json:"disputed"`
	FailureBalanceTransaction     null              `json:"failure_balance_transaction"`
	FailureCode                   nullString        `json:"failure_code"`
	FailureMessage                nullString        `json:"failure_message"`
	FraudDetails                  struct{}          `json:"fraud_details"`
	Invoice                       ref               `json:"invoice"`
	Livemode                      bool              `json:"livemode"`
	Metadata                      map[string]string `json:"metadata"`
	OnBehalfOf                    null              `json:"on_behalf_of"`
	Order                         null              `json:"order"`
	Outcome                       outcome           `json:"outcome"`
	Paid                          bool              `json:"paid"`
	PaymentIntent                 ref               `json:"payment_intent"`
	PaymentMethod                 nullString        `json:"payment_method"`
	PaymentMethodDetails          chargeDetails     `json:"payment_method_details"`
	RadarOptions                  struct{}          `json:"radar_options"`
	ReceiptEmail                  nullString        `json:"receipt_email"`
	ReceiptNumber                 null              `json:"receipt_number"`
	ReceiptURL                    nullString        `json:"receipt_url"`
	Refunded                      bool              `json:"refunded"`
	Refunds                       *chargeRefunds    `json:"refunds,omitempty"`
	Review                        null              `json:"review"`
	Shipping                      *shipping         `json:"shipping"`
	Source                        null              `json:"source"`
	SourceTransfer                null              `json:"source_transfer"`
	StatementDescriptor           nullString        `json:"statement_descriptor"`
	StatementDescriptorSuffix     nullString        `json:"statement_descriptor_suffix"`
	Status                        string            `json:"status"`
	TransferData                  null              `json:"transfer_data"`
	TransferGroup                 nullString        `json:"transfer_group"`

	refundIDs []string // oldest first
}

type outcome struct {
	NetworkStatus string     `json:"network_status"`
	Reason        nullString `json:"reason"`
	RiskLevel     string     `json:"risk_level"`
	RiskScore     *int       `json:"risk_score,omitempty"` // cards only
	Rule          string     `json:"rule,omitempty"`
	SellerMessage string     `json:"seller_message"`
	Type          string     `json:"type"`
}

// chargeDetails has the one hash that its type names.
type chargeDetails struct {
	Card          *chargeCard      `json:"card,omitempty"`
	SEPADebit     *chargeSEPADebit `json:"sepa_debit,omitempty"`
	Type          string           `json:"type"`
	USBankAccount *chargeUSBank    `json:"us_bank_account,omitempty"`
}

type chargeCard struct {
	AmountAuthorized         *int64        `json:"amount_authorized"`
	Brand                    string        `json:"brand"`
	CaptureBefore            int64         `json:"capture_before,omitempty"`
	Checks                   cardChecks    `json:"checks"`
	Country                  string        `json:"country"`
	ExpMonth                 int           `json:"exp_month"`
	ExpYear                  int           `json:"exp_year"`
	ExtendedAuthorization    statusOnly    `json:"extended_authorization"`
	Fingerprint              string        `json:"fingerprint"`
	Funding                  string        `json:"funding"`
	IncrementalAuthorization statusOnly    `json:"incremental_authorization"`
	Installments             null          `json:"installments"`
	Last4                    string        `json:"last4"`
	Mandate                  null          `json:"mandate"`
	Multicapture             statusOnly    `json:"multicapture"`
	Network                  string        `json:"network"`
	NetworkToken             usedOnly      `json:"network_token"`
	Overcapture              overcapture   `json:"overcapture"`
	ThreeDSecure             *threeDSecure `json:"three_d_secure"`
	Wallet                   *cardWallet   `json:"wallet"`
}

// threeDSecure is how the customer authenticated.
type threeDSecure struct {
	AuthenticationFlow          string `json:"authentication_flow"`
	ElectronicCommerceIndicator string `json:"electronic_commerce_indicator"`
	ExemptionIndicator          null   `json:"exemption_indicator"`
	Result                      string `json:"result"`
	ResultReason                null   `json:"result_reason"`
	TransactionID               string `json:"transaction_id"`
	Version                     string `json:"version"`
}

type statusOnly struct {
	Status string `json:"status"`
}

type usedOnly struct {
	Used bool `json:"used"`
}

type overcapture struct {
	MaximumAmountCapturable int64  `json:"maximum_amount_capturable"`
	Status                  string `json:"status"`
}

// chargeRefunds are the newest refunds of a charge; unlike the list of an endpoint it tells how many there are.
type chargeRefunds struct {
	Object     string `json:"object"`
	Data       []any  `json:"data"`
	HasMore    bool   `json:"has_more"`
	TotalCount int    `json:"total_count"`
	URL        string `json:"url"`
}

// Windows in which a hold can be captured (docs.stripe.com/payments/place-a-hold-on-a-payment-method): Visa gives
// less when the merchant, not the customer, started the payment.
const (
	holdWindow             = 7 * 24 * time.Hour
	holdWindowVisaMerchant = 4*24*time.Hour + 18*time.Hour
)

// copied gives a charge that may be changed while others hold this one.
func (c *charge) copied() *charge {
	now := *c
	return &now
}

// isDebit tells payments from bank accounts, which Stripe gives ids of their own.
func (c *charge) isDebit() bool { return c.PaymentMethodDetails.Card == nil }
