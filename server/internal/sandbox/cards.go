package sandbox

// authRule says when a card asks for 3D Secure.
type authRule int

const (
	authNever       authRule = iota
	authRequired             // on session a challenge; off session the bank declines with authentication_required
	authUnlessSetUp          // likewise, but not off session once the customer has authenticated it for that
	authOnSession            // a challenge on session; it counts as set up for payments off session
	authIfRequested          // only when the payment asks for it
	authBroken               // required, but the lookup fails
	authBrokenIfAsked
)

// testCard is one of Stripe's published test cards: what it looks like and how it behaves.
type testCard struct {
	brand      string
	last4      string
	country    string
	funding    string
	checks     cardChecks
	without3DS bool
	auth       authRule
	decline    *decline
	elevated   bool // Radar scores it elevated, and lets it pass
	refund     refundRule
	dispute    *disputeRule // what the payer makes of it afterwards
	wallet     string       // the kind of wallet that it is kept in
	attaches   bool         // it can be attached to a customer although it declines

	declineAfterAuth *decline // the bank refuses although the customer authenticated
}

// testCards are the template ids of docs.stripe.com/testing, and two of the sandbox's own (wallet.go).
var testCards = collect(brandCards, countryCards, declineCards, radarCards, authCards, refundCards,
	disputeCards, walletCards)

func collect(tables ...map[string]testCard) map[string]testCard {
	all := map[string]testCard{}
	for _, table := range tables {
		for id, t := range table {
			all[id] = t.withDefaults()
		}
	}
	return all
}

func (t testCard) withDefaults() testCard {
	t.brand = orElse(t.brand, "visa")
	t.country = orElse(t.country, "US")
	t.funding = orElse(t.funding, "credit")
	if t.checks.CVC == "" {
		t.checks.CVC = cvcUnchecked
	}
	return t
}

// declinesAttach is why a customer can not be given the card, if the bank refuses that; Radar looks at charges alone.
func (t *testCard) declinesAttach() *decline {
	if t.attaches || t.decline == nil || t.decline.blocked {
		return nil
	}
	return t.decline
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

var brandCards = map[string]testCard{
	"pm_card_visa":               {last4: "4242"},
	"pm_card_visa_debit":         {last4: "5556", funding: "debit"},
	"pm_card_mastercard":         {brand: "mastercard", last4: "4444"},
	"pm_card_mastercard_debit":   {brand: "mastercard", last4: "8210", funding: "debit"},
	"pm_card_mastercard_prepaid": {brand: "mastercard", last4: "5100", funding: "prepaid"},
	"pm_card_amex":               {brand: "amex", last4: "8431"},
	"pm_card_discover":           {brand: "discover", last4: "1117"},
	"pm_card_diners":             {brand: "diners", last4: "0004"},
	"pm_card_jcb":                {brand: "jcb", last4: "0505", country: "JP"},
	"pm_card_unionpay":           {brand: "unionpay", last4: "0005", country: "CN"},
}

var countryCards = map[string]testCard{
	"pm_card_us": {last4: "4242"},
	"pm_card_ar": {last4: "0021", country: "AR"}, "pm_card_br": {last4: "0002", country: "BR"},
	"pm_card_ca": {last4: "0000", country: "CA"}, "pm_card_cl": {last4: "0001", country: "CL"},
	"pm_card_co": {last4: "0003", country: "CO"}, "pm_card_cr": {last4: "0005", country: "CR"},
	"pm_card_ec": {last4: "0000", country: "EC"}, "pm_card_mx": {last4: "8001", country: "MX"},
	"pm_card_pa": {last4: "0000", country: "PA"}, "pm_card_py": {last4: "0066", country: "PY"},
	"pm_card_pe": {last4: "0068", country: "PE"}, "pm_card_uy": {last4: "0003", country: "UY"},
	"pm_card_ae": {last4: "0001", country: "AE"}, "pm_card_at": {last4: "0008", country: "AT"},
	"pm_card_be": {last4: "0004", country: "BE"}, "pm_card_bg": {last4: "0000", country: "BG"},
	"pm_card_by": {last4: "0005", country: "BY"}, "pm_card_hr": {last4: "0009", country: "HR"},
	"pm_card_cy": {last4: "0008", country: "CY"}, "pm_card_cz": {last4: "0002", country: "CZ"},
	"pm_card_dk": {last4: "0001", country: "DK"}, "pm_card_ee": {last4: "0009", country: "EE"},
	"pm_card_fi": {last4: "0001", country: "FI"}, "pm_card_fr": {last4: "0003", country: "FR"},
	"pm_card_de": {last4: "0016", country: "DE"}, "pm_card_gi": {last4: "0005", country: "GI"},
	"pm_card_gr": {last4: "0030", country: "GR"}, "pm_card_hu": {last4: "0005", country: "HU"},
	"pm_card_ie": {last4: "0005", country: "IE"}, "pm_card_it": {last4: "0008", country: "IT"},
	"pm_card_lv": {last4: "0005", country: "LV"}, "pm_card_li": {last4: "0004", country: "LI"},
	"pm_card_lt": {last4: "0000", country: "LT"}, "pm_card_lu": {last4: "0006", country: "LU"},
	"pm_card_mt": {last4: "0007", country: "MT"}, "pm_card_nl": {last4: "0002", country: "NL"},
	"pm_card_no": {last4: "0007", country: "NO"}, "pm_card_pl": {last4: "0005", country: "PL"},
	"pm_card_pt": {last4: "0007", country: "PT"}, "pm_card_ro": {last4: "0001", country: "RO"},
	"pm_card_sa": {last4: "0007", country: "SA"}, "pm_card_si": {last4: "0006", country: "SI"},
	"pm_card_sk": {last4: "0001", country: "SK"}, "pm_card_es": {last4: "0007", country: "ES"},
	"pm_card_se": {last4: "0008", country: "SE"}, "pm_card_ch": {last4: "0009", country: "CH"},
	"pm_card_gb": {last4: "0000", country: "GB"}, "pm_card_au": {last4: "0006", country: "AU"},
	"pm_card_gb_debit":      {last4: "0005", country: "GB", funding: "debit"},
	"pm_card_gb_mastercard": {brand: "mastercard", last4: "4449", country: "GB"},
	"pm_card_cn":            {last4: "0002", country: "CN"}, "pm_card_hk": {last4: "0004", country: "HK"},
	"pm_card_in": {last4: "0008", country: "IN"}, "pm_card_jp": {last4: "0003", country: "JP"},
	"pm_card_my": {last4: "0002", country: "MY"}, "pm_card_nz": {last4: "0008", country: "NZ"},
	"pm_card_sg": {last4: "0003", country: "SG"}, "pm_card_tw": {last4: "0008", country: "TW"},
	"pm_card_th_credit": {last4: "0003", country: "TH"},
	"pm_card_th_debit":  {last4: "0008", country: "TH", funding: "debit"},
}

// authCards are the 3D Secure test cards.
var authCards = map[string]testCard{
	"pm_card_authenticationRequired":        {last4: "3184", country: "DE", auth: authRequired},
	"pm_card_authenticationRequiredOnSetup": {last4: "3155", country: "FR", auth: authUnlessSetUp},
	"pm_card_authenticationRequiredSetupForOffSession": {
		last4: "0446", country: "IT", auth: authOnSession,
	},
	"pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": {
		last4: "3178", country: "GB", auth: authUnlessSetUp, declineAfterAuth: &declineFunds,
	},
	"pm_card_threeDSecure2Required": {last4: "3220", country: "IE", auth: authRequired},
	"pm_card_threeDSecureRequired":  {last4: "3063", auth: authRequired},
	"pm_card_threeDSecureRequiredChargeDeclined": {
		last4: "1629", auth: authRequired, declineAfterAuth: &declineGeneric,
	},
	"pm_card_threeDSecureRequiredProcessingError": {last4: "1280", auth: authBroken},
	"pm_card_threeDSecureOptional":                {last4: "3055", auth: authIfRequested},
	"pm_card_threeDSecureOptionalProcessingError": {last4: "3097", auth: authBrokenIfAsked},
	"pm_card_amex_threeDSecureNotSupported":       {brand: "amex", last4: "0005", without3DS: true},
}
