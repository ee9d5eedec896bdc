package sandbox

// cardNumbers are the numbers of docs.stripe.com/testing for the cards that have a template. A number that several
// templates share leads to one that behaves as all of them.
var cardNumbers = map[string]string{
	"4242424242424242": "pm_card_visa", "4000056655665556": "pm_card_visa_debit", "5555555555554444": "pm_card_mastercard",
	"5200828282828210": "pm_card_mastercard_debit", "5105105105105100": "pm_card_mastercard_prepaid",
	"371449635398431": "pm_card_amex", "6011111111111117": "pm_card_discover", "3056930009020004": "pm_card_diners",
	"3566002020360505": "pm_card_jcb", "6200000000000005": "pm_card_unionpay",

	"4000000320000021": "pm_card_ar", "4000000760000002": "pm_card_br", "4000001240000000": "pm_card_ca",
	"4000001520000001": "pm_card_cl", "4000001700000003": "pm_card_co", "4000001880000005": "pm_card_cr",
	"4000002180000000": "pm_card_ec", "4000004840008001": "pm_card_mx", "4000005910000000": "pm_card_pa",
	"4000006000000066": "pm_card_py", "4000006040000068": "pm_card_pe", "4000008580000003": "pm_card_uy",
	"4000007840000001": "pm_card_ae", "4000000400000008": "pm_card_at", "4000000560000004": "pm_card_be",
	"4000001000000000": "pm_card_bg", "4000001120000005": "pm_card_by", "4000001910000009": "pm_card_hr",
	"4000001960000008": "pm_card_cy", "4000002030000002": "pm_card_cz", "4000002080000001": "pm_card_dk",
	"4000002330000009": "pm_card_ee", "4000002460000001": "pm_card_fi", "4000002500000003": "pm_card_fr",
	"4000002760000016": "pm_card_de", "4000002920000005": "pm_card_gi", "4000003000000030": "pm_card_gr",
	"4000003480000005": "pm_card_hu", "4000003720000005": "pm_card_ie", "4000003800000008": "pm_card_it",
	"4000004280000005": "pm_card_lv", "4000004380000004": "pm_card_li", "4000004400000000": "pm_card_lt",
	"4000004420000006": "pm_card_lu", "4000004700000007": "pm_card_mt", "4000005280000002": "pm_card_nl",
	"4000005780000007": "pm_card_no", "4000006160000005": "pm_card_pl", "4000006200000007": "pm_card_pt",
	"4000006420000001": "pm_card_ro", "4000006820000007": "pm_card_sa", "4000007050000006": "pm_card_si",
	"4000007030000001": "pm_card_sk", "4000007240000007": "pm_card_es", "4000007520000008": "pm_card_se",
	"4000007560000009": "pm_card_ch", "4000008260000000": "pm_card_gb", "4000058260000005": "pm_card_gb_debit",
	"5555558265554449": "pm_card_gb_mastercard", "4000000360000006": "pm_card_au", "4000001560000002": "pm_card_cn",
	"4000003440000004": "pm_card_hk", "4000003560000008": "pm_card_in", "4000003920000003": "pm_card_jp",
	"4000004580000002": "pm_card_my", "4000005540000008": "pm_card_nz", "4000007020000003": "pm_card_sg",
	"4000001580000008": "pm_card_tw", "4000007640000003": "pm_card_th_credit", "4000057640000008": "pm_card_th_debit",

	"4000000000000002": "pm_card_visa_chargeDeclined",
	"4000000000009995": "pm_card_visa_chargeDeclinedInsufficientFunds",
	"4000000000009987": "pm_card_visa_chargeDeclinedLostCard",
	"4000000000009979": "pm_card_visa_chargeDeclinedStolenCard",
	"4000000000006975": "pm_card_visa_chargeDeclinedVelocityLimitExceeded",
	"4000000000000069": "pm_card_chargeDeclinedExpiredCard",
	"4000000000000127": "pm_card_chargeDeclinedIncorrectCvc",
	"4000000000000119": "pm_card_chargeDeclinedProcessingError",
	"4000000000000341": "pm_card_chargeCustomerFail",
	"4100000000000019": "pm_card_radarBlock",
	"4000000000004954": "pm_card_riskLevelHighest",
	"4000000000009235": "pm_card_riskLevelElevated",
	"4000000000000101": "pm_card_cvcCheckFail",
	"4000000000000036": "pm_card_avsZipFail",
	"4000000000000028": "pm_card_avsLine1Fail",
	"4000000000000010": "pm_card_avsFail",
	"4000000000000044": "pm_card_avsUnchecked",

	"4000002760003184": "pm_card_authenticationRequired",
	"4000002500003155": "pm_card_authenticationRequiredOnSetup",
	"4000003800000446": "pm_card_authenticationRequiredSetupForOffSession",
	"4000008260003178": "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
	"4000000000003220": "pm_card_threeDSecure2Required",
	"4000000000003063": "pm_card_threeDSecureRequired",
	"4000008400001629": "pm_card_threeDSecureRequiredChargeDeclined",
	"4000008400001280": "pm_card_threeDSecureRequiredProcessingError",
	"4000000000003055": "pm_card_threeDSecureOptional",
	"4000000000003097": "pm_card_threeDSecureOptionalProcessingError",
	"378282246310005":  "pm_card_amex_threeDSecureNotSupported",

	"4000000000007726": "pm_card_pendingRefund", "4000000000005126": "pm_card_refundFail",

	"4000000000000259": "pm_card_createDispute",
	"4000000000002685": "pm_card_createDisputeProductNotReceived",
	"4000000000001976": "pm_card_createDisputeInquiry",
}

// plainCards are published by their number alone.
var plainCards = map[string]testCard{
	"2223003122003222": {brand: "mastercard", last4: "3222"},
	"6011000990139424": {brand: "discover", last4: "9424"},
	"36227206271667":   {brand: "diners", last4: "1667"},
	"3530111333300000": {brand: "jcb", last4: "0000", country: "JP"},
	"5200007840000022": {brand: "mastercard", last4: "0022", country: "AE"},
}

func numberedCard(number string) (test testCard, known bool) {
	if template, ok := cardNumbers[number]; ok {
		return testCards[template], true
	}
	test, known = plainCards[number]
	return test.withDefaults(), known
}
