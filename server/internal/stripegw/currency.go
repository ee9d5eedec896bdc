package stripegw

// currency is how Stripe counts one currency.
type currency struct {
	// decimals is how many of the digits stand behind the point: 1000 is 10.00 with two.
	decimals int
	// step is what an amount must be a multiple of.
	step int64
	// digits is how many an amount may have.
	digits int
}

// maximum is the greatest amount, all nines.
func (c currency) maximum() int64 {
	limit := int64(1)
	for range c.digits {
		limit *= 10
	}
	return limit - 1
}

// The kinds of currency, https://docs.stripe.com/currencies.
var (
	twoDecimals  = currency{decimals: 2, step: 1, digits: 8}
	zeroDecimals = currency{decimals: 0, step: 1, digits: 8}
	// threeDecimals end in 0, since the networks behind Stripe know only two.
	threeDecimals = currency{decimals: 3, step: 10, digits: 8}
	// wholeOnly has no smaller unit but is still counted with two decimals, as it was before.
	wholeOnly = currency{decimals: 2, step: 100, digits: 8}
)

// currencies is every currency that Stripe takes payments in, with its own rules, which are not those of ISO 4217: MGA
// has no decimals at Stripe. Where the page is unclear about the digits, the larger number stands here: Stripe refuses
// the rest. Currencies that no longer exist (EEK, HRK, LTL, LVL, MRO, VEF) are left out.
var currencies = map[string]currency{
	"AED": twoDecimals, "AFN": twoDecimals, "ALL": twoDecimals, "AMD": twoDecimals, "ANG": twoDecimals,
	"AOA": twoDecimals, "ARS": twoDecimals, "AUD": twoDecimals, "AWG": twoDecimals, "AZN": twoDecimals,
	"BAM": twoDecimals, "BBD": twoDecimals, "BDT": twoDecimals, "BGN": twoDecimals, "BHD": threeDecimals,
	"BIF": zeroDecimals, "BMD": twoDecimals, "BND": twoDecimals, "BOB": twoDecimals, "BRL": twoDecimals,
	"BSD": twoDecimals, "BWP": twoDecimals, "BYN": twoDecimals, "BZD": twoDecimals, "CAD": twoDecimals,
	"CDF": twoDecimals, "CHF": twoDecimals, "CLP": zeroDecimals, "CNY": twoDecimals,
	"COP": {decimals: 2, step: 1, digits: 10},
	"CRC": twoDecimals, "CVE": twoDecimals, "CZK": twoDecimals, "DJF": zeroDecimals, "DKK": twoDecimals,
	"DOP": twoDecimals, "DZD": twoDecimals, "EGP": twoDecimals, "ETB": twoDecimals, "EUR": twoDecimals,
	"FJD": twoDecimals, "FKP": twoDecimals, "GBP": twoDecimals, "GEL": twoDecimals, "GIP": twoDecimals,
	"GMD": twoDecimals, "GNF": zeroDecimals, "GTQ": twoDecimals, "GYD": twoDecimals, "HKD": twoDecimals,
	"HNL": twoDecimals, "HTG": twoDecimals,
	"HUF": {decimals: 2, step: 1, digits: 10},
	"IDR": {decimals: 2, step: 1, digits: 12},
	"ILS": twoDecimals,
	"INR": {decimals: 2, step: 1, digits: 9},
	"ISK": wholeOnly, "JMD": twoDecimals, "JOD": threeDecimals,
	"JPY": {decimals: 0, step: 1, digits: 10},
	"KES": twoDecimals, "KGS": twoDecimals, "KHR": twoDecimals, "KMF": zeroDecimals, "KRW": zeroDecimals,
	"KWD": threeDecimals, "KYD": twoDecimals, "KZT": twoDecimals, "LAK": twoDecimals,
	"LBP": {decimals: 2, step: 1, digits: 11},
	"LKR": twoDecimals, "LRD": twoDecimals, "LSL": twoDecimals, "MAD": twoDecimals, "MDL": twoDecimals,
	"MGA": zeroDecimals, "MKD": twoDecimals, "MMK": twoDecimals, "MNT": twoDecimals, "MOP": twoDecimals,
	"MUR": twoDecimals, "MVR": twoDecimals, "MWK": twoDecimals, "MXN": twoDecimals, "MYR": twoDecimals,
	"MZN": twoDecimals, "NAD": twoDecimals, "NGN": twoDecimals, "NIO": twoDecimals, "NOK": twoDecimals,
	"NPR": twoDecimals, "NZD": twoDecimals, "OMR": threeDecimals, "PAB": twoDecimals, "PEN": twoDecimals,
	"PGK": twoDecimals, "PHP": twoDecimals, "PKR": twoDecimals, "PLN": twoDecimals, "PYG": zeroDecimals,
	"QAR": twoDecimals, "RON": twoDecimals, "RSD": twoDecimals, "RUB": twoDecimals, "RWF": zeroDecimals,
	"SAR": twoDecimals, "SBD": twoDecimals, "SCR": twoDecimals, "SEK": twoDecimals, "SGD": twoDecimals,
	"SHP": twoDecimals, "SLE": twoDecimals, "SLL": twoDecimals, "SOS": twoDecimals, "SRD": twoDecimals,
	"STD": twoDecimals, "SVC": twoDecimals, "SZL": twoDecimals, "THB": twoDecimals, "TJS": twoDecimals,
	"TND": threeDecimals, "TOP": twoDecimals, "TRY": twoDecimals, "TTD": twoDecimals, "TWD": twoDecimals,
	"TZS": twoDecimals, "UAH": twoDecimals, "UGX": wholeOnly, "USD": twoDecimals, "UYU": twoDecimals,
	"UZS": twoDecimals, "VND": zeroDecimals, "VUV": zeroDecimals, "WST": twoDecimals, "XAF": zeroDecimals,
	"XCD": twoDecimals, "XCG": twoDecimals, "XOF": zeroDecimals, "XPF": zeroDecimals, "YER": twoDecimals,
	"ZAR": twoDecimals, "ZMW": twoDecimals,
}
