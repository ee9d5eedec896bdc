package sandbox_test

import (
	"fmt"
	"testing"
)

// docs.stripe.com/currencies: the smallest and the largest amount of each currency are accepted, one beyond is not.
func TestT01_AmountLimits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		currency          string
		smallest, largest int64
	}{
		{"usd", 50, 99_999_999},
		{"aed", 200, 99_999_999},
		{"aud", 50, 99_999_999},
		{"bgn", 100, 99_999_999},
		{"brl", 50, 99_999_999},
		{"cad", 50, 99_999_999},
		{"chf", 50, 99_999_999},
		{"czk", 1500, 99_999_999},
		{"dkk", 250, 99_999_999},
		{"eur", 50, 99_999_999},
		{"gbp", 30, 99_999_999},
		{"hkd", 400, 99_999_999},
		{"huf", 17_500, 9_999_999_999},
		{"inr", 50, 999_999_999},
		{"jpy", 50, 9_999_999_999},
		{"mxn", 1000, 99_999_999},
		{"myr", 200, 99_999_999},
		{"nok", 300, 99_999_999},
		{"nzd", 50, 99_999_999},
		{"pln", 200, 99_999_999},
		{"ron", 200, 99_999_999},
		{"sek", 300, 99_999_999},
		{"sgd", 50, 99_999_999},
		{"thb", 1000, 99_999_999},
		{"cop", 1, 9_999_999_999},
		{"idr", 1, 999_999_999_999},
		{"lbp", 1, 99_999_999_999},
		{"krw", 1, 99_999_999},
		{"kwd", 10, 99_999_990},
		{"isk", 100, 99_999_900},
	}
	a := newAPI()
	for _, tt := range tests {
		create := func(amount int64) reply {
			return a.post(t, intentsPath, fmt.Sprintf("amount=%d&currency=%s", amount, tt.currency))
		}
		create(tt.smallest).want(t, 200, map[string]any{"amount": int(tt.smallest)})
		create(tt.largest).want(t, 200, map[string]any{"amount": int(tt.largest)})
		if got := create(tt.smallest - 1); got.status != 400 {
			t.Errorf("%d %s was accepted", tt.smallest-1, tt.currency)
		}
		if got := create(tt.largest + 100); got.text("error", "code") != "amount_too_large" {
			t.Errorf("%d %s: %s", tt.largest+100, tt.currency, got.raw)
		}
	}
}
