package sandbox

import (
	"math/big"
	"strings"
)

// fromAccount makes a method of a number of an American bank account. It must be verified before it is debited.
func (m *paymentMethod) fromAccount(c *call) *failure {
	number, routing := c.text("us_bank_account", "account_number"), c.text("us_bank_account", "routing_number")
	switch {
	case len(routing) != 9 || strings.Trim(routing, "0123456789") != "":
		return invalid("routing_number_invalid", "us_bank_account[routing_number]", "Routing number must have 9 digits")
	case !isRouting(routing):
		return invalid("routing_number_invalid", "us_bank_account[routing_number]",
			"We couldn't find the bank for that routing number")
	case len(number) < 4 || len(number) > 17 || strings.Trim(number, "0123456789") != "":
		return invalid("account_number_invalid", "us_bank_account[account_number]", "The account number must have 4 to 17 "+
			"digits. Try 000123456789 or see more options at https://stripe.com/docs/testing#ach-direct-debit.")
	}
	published(number, account(number, testDebit{})).describe(m)
	m.USBankAccount.RoutingNumber = routing
	m.USBankAccount.Fingerprint = fingerprint(routing + number)
	m.USBankAccount.AccountHolderType = orElse(c.text("us_bank_account", "account_holder_type"), "individual")
	m.USBankAccount.AccountType = orElse(c.text("us_bank_account", "account_type"), "checking")
	return nil
}

// fromIBAN makes a method of an IBAN; there is nothing to verify in the SEPA (code: docs.stripe.com/error-codes, SEPA).
func (m *paymentMethod) fromIBAN(c *call) *failure {
	number := strings.ToUpper(strings.ReplaceAll(c.text("sepa_debit", "iban"), " ", ""))
	if !isIBAN(number) {
		return invalid("invalid_bank_account_iban", "sepa_debit[iban]", "The IBAN you entered is invalid.")
	}
	published(number, iban(number, testDebit{})).describe(m)
	return nil
}

// published gives the test account with that number. Any other behaves like success.
func published(number string, otherwise testDebit) testDebit {
	for _, t := range testDebits {
		if t.number == number {
			return t
		}
	}
	return otherwise
}

// isRouting checks the last of nine digits (ABA).
func isRouting(number string) bool {
	sum := 0
	for i := range 9 {
		sum += int(number[i]-'0') * []int{3, 7, 1}[i%3]
	}
	return sum > 0 && sum%10 == 0
}

// isIBAN checks the two digits behind the country (ISO 13616): with the first four characters moved to the end and
// letters as numbers from 10 on, the remainder by 97 is 1.
func isIBAN(number string) bool {
	const shortest, longest = 15, 34
	if len(number) < shortest || len(number) > longest || strings.Trim(number[:2], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return false
	}
	var digits strings.Builder
	for _, letter := range number[4:] + number[:4] {
		switch {
		case letter >= '0' && letter <= '9':
			digits.WriteRune(letter)
		case letter >= 'A' && letter <= 'Z':
			digits.WriteString(big.NewInt(int64(letter-'A') + 10).String())
		default:
			return false
		}
	}
	all, ok := new(big.Int).SetString(digits.String(), 10)
	return ok && new(big.Int).Mod(all, big.NewInt(97)).Int64() == 1
}
