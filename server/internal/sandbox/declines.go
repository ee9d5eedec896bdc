package sandbox

// decline is why a card refuses a charge. The text is meant for the customer.
type decline struct {
	code        string
	declineCode string // none on some errors
	message     string
	param       string
	blocked     bool // Radar stopped it before it reached the bank
	noCardError bool // its type is invalid_request_error
}

const textDeclined = "Your card was declined."

var (
	declineGeneric = decline{code: "card_declined", declineCode: "generic_decline", message: textDeclined}
	declineAuth    = decline{
		code: "authentication_required", declineCode: "authentication_required",
		message: "Your card was declined. This transaction requires authentication.",
	}
	declineFunds = decline{
		code: "card_declined", declineCode: "insufficient_funds", message: "Your card has insufficient funds.",
	}
	declineLost     = decline{code: "card_declined", declineCode: "lost_card", message: textDeclined}
	declineStolen   = decline{code: "card_declined", declineCode: "stolen_card", message: textDeclined}
	declineFraud    = decline{code: "card_declined", declineCode: "fraudulent", message: textDeclined}
	declineVelocity = decline{
		code: "card_declined", declineCode: "card_velocity_exceeded",
		message: "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
	}
	declineExpired    = decline{code: "expired_card", message: "Your card has expired.", param: "exp_month"}
	declineCVC        = decline{code: "incorrect_cvc", message: "Your card's security code is incorrect.", param: "cvc"}
	declineProcessing = decline{
		code:    "processing_error",
		message: "An error occurred while processing your card. Try again in a little bit.",
	}
	declineRisk = decline{code: "card_declined", declineCode: "fraudulent", message: textDeclined, blocked: true}
)

// declineCards are the cards that decline (docs.stripe.com/testing, declined payments). The names without the brand
// are older and still work.
var declineCards = map[string]testCard{
	"pm_card_visa_chargeDeclined":                      {last4: "0002", decline: &declineGeneric},
	"pm_card_chargeDeclined":                           {last4: "0002", decline: &declineGeneric},
	"pm_card_visa_chargeDeclinedInsufficientFunds":     {last4: "9995", decline: &declineFunds},
	"pm_card_chargeDeclinedInsufficientFunds":          {last4: "9995", decline: &declineFunds},
	"pm_card_visa_chargeDeclinedLostCard":              {last4: "9987", decline: &declineLost},
	"pm_card_visa_chargeDeclinedStolenCard":            {last4: "9979", decline: &declineStolen},
	"pm_card_visa_chargeDeclinedVelocityLimitExceeded": {last4: "6975", decline: &declineVelocity},
	"pm_card_chargeDeclinedFraudulent":                 {last4: "0019", decline: &declineFraud},
	"pm_card_chargeDeclinedExpiredCard":                {last4: "0069", decline: &declineExpired},
	"pm_card_chargeDeclinedIncorrectCvc": {
		last4: "0127", decline: &declineCVC, checks: cardChecks{CVC: "fail"},
	},
	"pm_card_chargeDeclinedProcessingError": {last4: "0119", decline: &declineProcessing},
	"pm_card_chargeCustomerFail":            {last4: "0341", decline: &declineGeneric, attaches: true},
}

// radarCards are scored or checked badly; under Radar's default rules only the highest risk is blocked.
var radarCards = map[string]testCard{
	"pm_card_radarBlock":        {last4: "0019", decline: &declineRisk},
	"pm_card_riskLevelHighest":  {last4: "4954", decline: &declineRisk},
	"pm_card_riskLevelElevated": {last4: "9235", elevated: true},
	"pm_card_cvcCheckFail":      {last4: "0101", checks: cardChecks{CVC: "fail"}},
	"pm_card_avsZipFail":        {last4: "0036", checks: cardChecks{AddressLine1: "pass", AddressPostalCode: "fail"}},
	"pm_card_avsLine1Fail":      {last4: "0028", checks: cardChecks{AddressLine1: "fail", AddressPostalCode: "pass"}},
	"pm_card_avsFail":           {last4: "0010", checks: cardChecks{AddressLine1: "fail", AddressPostalCode: "fail"}},
	"pm_card_avsUnchecked": {
		last4: "0044", checks: cardChecks{AddressLine1: "unavailable", AddressPostalCode: "unavailable"},
	},
}

// outcome tells the merchant how the charge ended (docs.stripe.com/declines).
func (t testCard) outcome(refused *decline, score int) outcome {
	o := outcome{NetworkStatus: "approved_by_network", SellerMessage: "Payment complete.", Type: "authorized"}
	o.RiskLevel, o.RiskScore = "normal", &score
	if t.elevated {
		const elevatedFrom = 65 // Radar's bands: elevated from 65, highest from 75
		o.RiskLevel, o.RiskScore = "elevated", new(elevatedFrom+score%10)
	}
	if refused == nil {
		return o
	}
	if refused.blocked {
		const highestFrom = 75
		return outcome{
			NetworkStatus: "not_sent_to_network", Reason: "highest_risk_level", RiskLevel: "highest",
			RiskScore: new(highestFrom + score%25), Rule: "block_if_high_risk",
			SellerMessage: "Stripe blocked this payment as too risky.", Type: "blocked",
		}
	}
	reason := orElse(refused.declineCode, refused.code)
	o.NetworkStatus, o.Reason, o.Type = "declined_by_network", nullString(reason), "issuer_declined"
	o.SellerMessage = "The bank returned the decline code `" + reason + "`."
	if reason == declineGeneric.declineCode {
		o.SellerMessage = "The bank did not return any further details with this decline."
	}
	return o
}
