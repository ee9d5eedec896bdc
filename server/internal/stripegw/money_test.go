package stripegw

import (
	"errors"
	"go/ast"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

func TestToStripe(t *testing.T) {
	const code, units = "amount.currency_code", "amount.minor_units"
	for _, tt := range []struct {
		name     string
		currency string
		amount   int64
		field    string
	}{
		{"two decimals", "USD", 1099, ""},
		{"small letters", "eur", 1, ""},
		{"mixed letters", "GbP", 30, ""},
		{"below Stripe's least amount", "USD", 1, ""},
		{"eight digits", "USD", 99999999, ""},
		{"nine digits", "USD", 100000000, units},
		{"no decimals", "KRW", 99999999, ""},
		{"no decimals, nine digits", "KRW", 100000000, units},
		{"ten digits of yen", "JPY", 9999999999, ""},
		{"eleven digits of yen", "JPY", 10000000000, units},
		{"nine digits of rupees", "INR", 999999999, ""},
		{"ten digits of rupees", "INR", 1000000000, units},
		{"twelve digits of rupiahs", "IDR", 999999999999, ""},
		{"thirteen digits of rupiahs", "IDR", 1000000000000, units},
		{"three decimals, the last 0", "KWD", 5120, ""},
		{"three decimals, the last 4", "KWD", 5124, units},
		{"whole kronur", "ISK", 500, ""},
		{"broken kronur", "ISK", 550, units},
		{"whole shillings", "UGX", 500, ""},
		{"broken shillings", "UGX", 501, units},
		{"forints have decimals", "HUF", 175, ""},
		{"ariary have none at Stripe", "MGA", 1, ""},
		{"zero", "USD", 0, units},
		{"negative", "USD", -1, units},
		{"the least integer", "USD", math.MinInt64, units},
		{"the greatest integer", "IDR", math.MaxInt64, units},
		{"unknown currency", "XYZ", 1000, code},
		{"withdrawn currency", "EEK", 1000, code},
		{"no currency", "", 1000, code},
		{"a letter whose capital is in ASCII", "uſd", 1000, code},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := toStripe(&paymentsv1.Money{MinorUnits: tt.amount, CurrencyCode: tt.currency}, "amount")
			if tt.field != "" {
				var ours *apierr.Error
				if !errors.As(err, &ours) || ours.Metadata["field"] != tt.field {
					t.Fatalf("got %v, %v; want a fault of %s", got, err, tt.field)
				}
				return
			}
			if want := (stripeAmount{tt.amount, strings.ToLower(tt.currency)}); err != nil || got != want {
				t.Errorf("got %v, %v; want %v", got, err, want)
			}
		})
	}
}

func TestToStripeNamesItsField(t *testing.T) {
	_, err := toStripe(nil, "plan.amount")
	var ours *apierr.Error
	if !errors.As(err, &ours) || ours.Metadata["field"] != "plan.amount" {
		t.Errorf("got %v, want a fault of plan.amount", err)
	}
}

// FuzzMoney: no amount changes on the way, in either direction, and none that Stripe can not hold gets through.
func FuzzMoney(f *testing.F) {
	for _, units := range []int64{0, 1, -1, 10, 99, 100, 99999999, 100000000, math.MaxInt64, math.MinInt64} {
		for _, code := range []string{"USD", "jpy", "KWD", "ISK", "IDR", "XYZ", "", "uſd", "\xff"} {
			f.Add(units, code)
		}
	}
	f.Fuzz(func(t *testing.T, units int64, code string) {
		in := &paymentsv1.Money{MinorUnits: units, CurrencyCode: code}
		amount, err := toStripe(in, "amount")
		if back := fromStripe(units, code); back.GetMinorUnits() != units {
			t.Errorf("%d came out as %d", units, back.GetMinorUnits())
		}
		if err != nil {
			return
		}
		if amount.minorUnits != units || units <= 0 || units >= 1_000_000_000_000 {
			t.Errorf("%d went in as %d", units, amount.minorUnits)
		}
		out := fromStripe(amount.minorUnits, amount.currency)
		if out.GetMinorUnits() != units || !strings.EqualFold(out.GetCurrencyCode(), code) {
			t.Errorf("%v came back as %v", in, out)
		}
		if _, err := toStripe(out, "amount"); err != nil {
			t.Errorf("%v is not accepted again: %v", out, err)
		}
	})
}

func TestCurrencyTable(t *testing.T) {
	for code, c := range currencies {
		if len(code) != 3 || code != strings.ToUpper(code) {
			t.Errorf("the code %q", code)
		}
		if c.digits < 8 || c.digits > 12 || c.step < 1 || c.decimals < 0 || c.decimals > 3 {
			t.Errorf("%s is %+v", code, c)
		}
	}
}

// TestCurrenciesOfSDK: a currency of stripe-go is in the table or has gone.
func TestCurrenciesOfSDK(t *testing.T) {
	gone := []string{"EEK", "HRK", "LTL", "LVL", "MRO", "VEF"}
	constants := sdkConstants(t, "currency.go", "Currency")
	if len(constants) < 130 {
		t.Fatalf("found %d currencies in the SDK", len(constants))
	}
	for _, code := range constants {
		_, known := currencies[strings.ToUpper(code)]
		if known == slices.Contains(gone, strings.ToUpper(code)) {
			t.Errorf("%s: in the table %t", code, known)
		}
	}
}

// sdkConstants is the value of every constant of the type in a file of stripe-go.
func sdkConstants(t *testing.T, file, typ string) []string {
	t.Helper()
	var values []string
	for _, decl := range parseSDK(t, filepath.Base(file)).Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range group.Specs {
			constant, ok := spec.(*ast.ValueSpec)
			if !ok {
				continue
			}
			name, ok := constant.Type.(*ast.Ident)
			if !ok || name.Name != typ {
				continue
			}
			for _, value := range constant.Values {
				values = append(values, unquote(t, value))
			}
		}
	}
	return values
}
