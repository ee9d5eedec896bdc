package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// currency is how Stripe counts in one currency (docs.stripe.com/currencies). This table is the sandbox's own: the
// service has another, so that a mistake in one shows.
type currency struct {
	symbol   string
	after    bool  // the symbol stands behind the amount: 3.00 kr
	decimals int   // digits after the point in Stripe's smallest unit
	minimum  int64 // the smallest charge; 0 means that Stripe names none for this currency
	digits   int   // the longest amount; 0 means eight digits
	multiple int64 // amounts are multiples of it; 0 means any
}

// currencies holds what differs from two decimals, no symbol and no minimum.
var currencies = map[string]currency{
	"aed": {symbol: "د.إ", decimals: 2, minimum: 200},
	"aud": {symbol: "$", decimals: 2, minimum: 50},
	"bgn": {symbol: "лв.", after: true, decimals: 2, minimum: 100},
	"brl": {symbol: "R$", decimals: 2, minimum: 50},
	"cad": {symbol: "$", decimals: 2, minimum: 50},
	"chf": {symbol: "CHF", decimals: 2, minimum: 50},
	"czk": {symbol: "Kč", after: true, decimals: 2, minimum: 1500},
	"dkk": {symbol: "kr.", after: true, decimals: 2, minimum: 250},
	"eur": {symbol: "€", decimals: 2, minimum: 50},
	"gbp": {symbol: "£", decimals: 2, minimum: 30},
	"hkd": {symbol: "$", decimals: 2, minimum: 400},
	"huf": {symbol: "Ft", after: true, decimals: 2, minimum: 17500, digits: 10},
	"inr": {symbol: "₹", decimals: 2, minimum: 50, digits: 9},
	"mxn": {symbol: "$", decimals: 2, minimum: 1000},
	"myr": {symbol: "RM", decimals: 2, minimum: 200},
	"nok": {symbol: "kr", after: true, decimals: 2, minimum: 300},
	"nzd": {symbol: "$", decimals: 2, minimum: 50},
	"pln": {symbol: "zł", after: true, decimals: 2, minimum: 200},
	"ron": {symbol: "Lei", after: true, decimals: 2, minimum: 200},
	"sek": {symbol: "kr", after: true, decimals: 2, minimum: 300},
	"sgd": {symbol: "$", decimals: 2, minimum: 50},
	"thb": {symbol: "฿", decimals: 2, minimum: 1000},
	"usd": {symbol: "$", decimals: 2, minimum: 50},

	"cop": {symbol: "$", decimals: 2, digits: 10},
	"idr": {symbol: "Rp", decimals: 2, digits: 12},
	"lbp": {symbol: "ل.ل", decimals: 2, digits: 11},

	"jpy": {symbol: "¥", minimum: 50, digits: 10},
	"bif": {}, "clp": {symbol: "$"}, "djf": {}, "gnf": {}, "kmf": {}, "krw": {symbol: "₩"}, "mga": {}, "pyg": {}, "rwf": {},
	"vnd": {symbol: "₫"}, "vuv": {}, "xaf": {}, "xof": {}, "xpf": {},

	// Two decimals on the wire that must be 00, for the sake of old callers.
	"isk": {decimals: 2, multiple: 100}, "ugx": {decimals: 2, multiple: 100},

	// Thousandths, but the networks carry hundredths.
	"bhd": {decimals: 3, multiple: 10}, "jod": {decimals: 3, multiple: 10}, "kwd": {decimals: 3, multiple: 10},
	"omr": {decimals: 3, multiple: 10}, "tnd": {decimals: 3, multiple: 10},
}

// supportedCurrencies is Stripe's list in the order in which its message gives it.
const supportedCurrencies = "usd, aed, afn, all, amd, ang, aoa, ars, aud, awg, azn, bam, bbd, bdt, bgn, bhd, bif, bmd, " +
	"bnd, bob, brl, bsd, bwp, byn, bzd, cad, cdf, chf, clp, cny, cop, crc, cve, czk, djf, dkk, dop, dzd, egp, etb, eur, " +
	"fjd, fkp, gbp, gel, gip, gmd, gnf, gtq, gyd, hkd, hnl, hrk, htg, huf, idr, ils, inr, isk, jmd, jod, jpy, kes, kgs, " +
	"khr, kmf, krw, kwd, kyd, kzt, lak, lbp, lkr, lrd, lsl, mad, mdl, mga, mkd, mmk, mnt, mop, mur, mvr, mwk, mxn, myr, " +
	"mzn, nad, ngn, nio, nok, npr, nzd, omr, pab, pen, pgk, php, pkr, pln, pyg, qar, ron, rsd, rub, rwf, sar, sbd, scr, " +
	"sek, sgd, shp, sle, sos, srd, std, szl, thb, tjs, tnd, top, try, ttd, twd, tzs, uah, ugx, uyu, uzs, vnd, vuv, wst, " +
	"xaf, xcd, xcg, xof, xpf, yer, zar, zmw, usdc, btn, ghs, eek, lvl, svc, vef, ltl, sll, mro"

func checkCurrency(text, path string) *failure {
	code := strings.ToLower(text)
	if slices.Contains(strings.Split(supportedCurrencies, ", "), code) {
		return nil
	}
	return invalid("", path, fmt.Sprintf("Invalid currency: %s. Stripe currently supports these currencies: %s", code,
		supportedCurrencies))
}

func currencyOf(code string) currency {
	if known, ok := currencies[code]; ok {
		return known
	}
	return currency{decimals: 2}
}

// checkAmount applies the rules of the currency to an amount.
func checkAmount(amount int64, code string) *failure {
	money := currencyOf(code)
	digits := money.digits
	if digits == 0 {
		digits = 8
	}
	largest := int64(1)
	for range digits {
		largest *= 10
	}
	switch {
	case amount < 1:
		return invalid("parameter_invalid_integer", "amount", "This value must be greater than or equal to 1.")
	case amount < money.minimum:
		return invalid("amount_too_small", "amount",
			fmt.Sprintf("Amount must be at least %s %s", money.format(money.minimum), code))
	case amount >= largest:
		return invalid("amount_too_large", "amount", "Amount must be no more than "+money.format(largest-1))
	case money.multiple > 0 && amount%money.multiple != 0:
		return offMultiple(amount, code)
	}
	return nil
}

func offMultiple(amount int64, code string) *failure {
	return invalid("parameter_invalid_integer", "amount", fmt.Sprintf("Invalid integer: %d; amounts in %s must be a "+
		"multiple of %d", amount, code, currencyOf(code).multiple))
}

// format writes an amount as Stripe's messages do: $999,999.99, 3.00 kr.
func (m currency) format(amount int64) string {
	unit := int64(1)
	for range m.decimals {
		unit *= 10
	}
	digits := strconv.FormatInt(amount/unit, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if m.decimals > 0 {
		digits += fmt.Sprintf(".%0*d", m.decimals, amount%unit)
	}
	if m.after {
		return digits + " " + m.symbol
	}
	return m.symbol + digits
}
