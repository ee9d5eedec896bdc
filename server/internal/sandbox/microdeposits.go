package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// verifyInstantly is the method of verification that has no room for microdeposits.
const verifyInstantly = "instant"

// Limits of a verification (docs.stripe.com/payments/ach-direct-debit/set-up-payment): failed tries, and the time for
// them.
const (
	codeTries   = 10
	amountTries = 3
	depositLife = 10 * 24 * time.Hour
)

// depositsShape is what both verify_microdeposits take.
var depositsShape = shape{
	{name: "amounts", kind: kindList},
	{name: "client_secret", max: 5000},
	{name: "descriptor_code", max: 5000},
	expandField,
}

// checkDeposits wants two amounts or one code. What is malformed counts as no try.
func checkDeposits(c *call) *failure {
	amounts := c.params.get("amounts")
	if c.has("descriptor_code") {
		const length = 6
		code := c.text("descriptor_code")
		switch {
		case amounts != nil:
			return invalid("parameters_exclusive", "amounts",
				"You may only specify one of these parameters: amounts, descriptor_code.")
		case len(code) != length || !strings.HasPrefix(strings.ToUpper(code), "SM"):
			return invalid("", "descriptor_code", "A descriptor code has six characters and starts with SM.")
		}
		return nil
	}
	const codeInvalid = "payment_method_microdeposit_verification_amounts_invalid"
	const howMany = 2
	if amounts == nil || len(amounts.names) != howMany {
		return invalid(codeInvalid, "amounts", "You must provide exactly two microdeposit amounts.")
	}
	for i, text := range listed(amounts) {
		amount, ok := parseInteger(text)
		if !ok {
			return invalid("parameter_invalid_integer", fmt.Sprintf("amounts[%d]", i), "Invalid integer: "+text)
		}
		if amount < 1 {
			return invalid(codeInvalid, "amounts", "Microdeposit amounts must be positive integers.")
		}
	}
	return nil
}

// verdict is what a customer's entry means: docs.stripe.com/testing, microdeposits.
type verdict int

const (
	depositsWrong verdict = iota
	depositsRight
	depositsTooOften
	depositsTooLate
)

var (
	amountVerdicts = map[string]verdict{"[32 45]": depositsRight, "[10 11]": depositsTooOften, "[40 41]": depositsTooLate}
	codeVerdicts   = map[string]verdict{
		"SM11AA": depositsRight, "SM33CC": depositsTooOften, "SM44DD": depositsTooLate,
	}
)

// Why a verification ends badly, in the words of docs.stripe.com/payments/ach-direct-debit/set-up-payment.
var (
	deniedTooOften = decline{
		code: "payment_method_microdeposit_verification_attempts_exceeded", noCardError: true,
		message: "You have exceeded the number of allowed verification attempts.",
	}
	deniedTooLate = decline{
		code: "payment_method_microdeposit_verification_timeout", noCardError: true,
		message: "Microdeposit timeout. Customer hasn't verified their bank account within the required 10 day period.",
	}
	deniedUnsent = decline{
		code: "payment_method_microdeposit_failed", noCardError: true,
		message: "Microdeposits failed. Please check the account, institution and transit numbers provided.",
	}
)

// judge says what an entry means for a step. It is right if nothing comes back. A wrong one gives the step with one try
// less, and the refusal; the last one, and those that play a bad end, give why the account can not be used.
func (w *challenge) judge(c *call) (next *challenge, refused *failure, why *decline) {
	code, kind := strings.ToUpper(c.text("descriptor_code")), "descriptor_code"
	said, tries := codeVerdicts[code], codeTries
	if code == "" {
		amounts := make([]int64, 0, 2)
		for _, text := range listed(c.params.get("amounts")) {
			amount, _ := parseInteger(text)
			amounts = append(amounts, amount)
		}
		slices.Sort(amounts)
		said, kind, tries = amountVerdicts[fmt.Sprint(amounts)], "amounts", amountTries
	}
	switch said {
	case depositsRight:
		return nil, nil, nil
	case depositsTooOften:
		return nil, nil, &deniedTooOften
	case depositsTooLate:
		return nil, nil, &deniedTooLate
	case depositsWrong:
	}
	less := *w
	less.failures++
	left := tries - less.failures
	if left <= 0 {
		return nil, nil, &deniedTooOften
	}
	return &less, mismatch(kind, left), nil
}

func mismatch(kind string, left int) *failure {
	what := "The amounts provided do not match the amounts that were sent to the bank account."
	if kind == "descriptor_code" {
		what = "The verification code provided does not match the one sent to the bank account."
	}
	return invalid("payment_method_microdeposit_verification_"+kind+"_mismatch", "",
		fmt.Sprintf("%s You have %d verification attempts remaining.", what, left))
}

// notVerifiable refuses where nothing waits for a verification. The words are those of Stripe for a wrong status.
func notVerifiable(kind, status string) *failure {
	if status == statusRequiresAction {
		return invalid("intent_invalid_state", "",
			fmt.Sprintf("This %s cannot be actioned on because it does not wait for the verification of microdeposits.", kind))
	}
	return invalid("intent_invalid_state", "", fmt.Sprintf("This %[1]s cannot be actioned on because it has a status of "+
		"%[2]s. Only a %[1]s with one of the following statuses may be actioned on: [\"requires_action\"].", kind, status))
}

// depositAction is the step of a verification. The deposits arrive on the next working day.
func (s *Sandbox) depositAction(c *call, page string) *nextAction {
	const letters, zone = 60, 8 * time.Hour // midnight in California, where Stripe counts its days
	arrival := c.at.Add(-zone).Truncate(24 * time.Hour).Add(24 * time.Hour)
	for arrival.Weekday() == time.Saturday || arrival.Weekday() == time.Sunday {
		arrival = arrival.Add(24 * time.Hour)
	}
	return &nextAction{Type: "verify_with_microdeposits", VerifyWithMicrodeposits: &verifyDeposits{
		ArrivalDate:           arrival.Add(zone).Unix(),
		HostedVerificationURL: "https://payments.stripe.com/microdeposit/" + page + "_test_" + s.ids.letters(letters),
		MicrodepositType:      "amounts",
	}}
}
