package sandbox

// Wallets (docs.stripe.com/api/payment_methods/object, card.wallet).
const (
	applePay  = "apple_pay"
	googlePay = "google_pay"
)

// walletCards are templates of the sandbox's own: at Stripe only a device makes a card with a wallet.
var walletCards = map[string]testCard{
	"pm_card_visa_applePay":  {last4: "4242", wallet: applePay},
	"pm_card_visa_googlePay": {last4: "4242", wallet: googlePay},
}

// cardWallet has the hash that its type names; the last digits are those of the device's own number.
type cardWallet struct {
	ApplePay     *struct{}  `json:"apple_pay,omitempty"`
	DynamicLast4 nullString `json:"dynamic_last4"`
	GooglePay    *struct{}  `json:"google_pay,omitempty"`
	Type         string     `json:"type"`
}

// deviceLast4 ends the number of the sandbox's device.
const deviceLast4 = "7179"

func newWallet(kind string) *cardWallet {
	switch kind {
	case applePay:
		return &cardWallet{Type: kind, DynamicLast4: deviceLast4, ApplePay: &struct{}{}}
	case googlePay:
		return &cardWallet{Type: kind, DynamicLast4: deviceLast4, GooglePay: &struct{}{}}
	default:
		return nil
	}
}
