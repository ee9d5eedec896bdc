package stripegw

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

// TestErrorCodesOfSDK: apierr has a row for every code and every decline code of stripe-go.
func TestErrorCodesOfSDK(t *testing.T) {
	for _, tt := range []struct {
		typ   string
		known func(string) bool
		count int
	}{
		{"ErrorCode", apierr.Known, 167},
		{"DeclineCode", apierr.KnownDecline, 47},
	} {
		constants := sdkConstants(t, "error.go", tt.typ)
		if len(constants) != tt.count {
			t.Errorf("%s: found %d constants, want %d", tt.typ, len(constants), tt.count)
		}
		for _, code := range constants {
			if !tt.known(code) {
				t.Errorf("%s %q has no row in apierr", tt.typ, code)
			}
		}
	}
}

// TestEnumsOfSDK: every value that stripe-go knows has one of ours, and no two share one.
func TestEnumsOfSDK(t *testing.T) {
	checkEnum(t, "paymentintent.go", "PaymentIntentStatus", paymentStates)
	checkEnum(t, "paymentintent.go", "PaymentIntentCaptureMethod", captureMethods)
	checkEnum(t, "paymentintent.go", "PaymentIntentCancellationReason", cancellationReasons)
	checkEnum(t, "paymentintent.go", "PaymentIntentSetupFutureUsage", setupFutureUsages)
	checkEnum(t, "setupintent.go", "SetupIntentStatus", setupIntentStates)
	checkEnum(t, "setupintent.go", "SetupIntentUsage", setupFutureUsages)
	checkEnum(t, "paymentintent.go", "PaymentIntentPaymentMethodOptionsUSBankAccountVerificationMethod", bankVerifications)
	checkEnum(t, "setupintent.go", "SetupIntentPaymentMethodOptionsUSBankAccountVerificationMethod", bankVerifications)
	checkEnum(t, "refund.go", "RefundStatus", refundStates)
	checkEnum(t, "refund.go", "RefundReason", refundReasons)
	checkEnum(t, "dispute.go", "DisputeStatus", disputeStates)
	checkEnum(t, "price.go", "PriceRecurringInterval", planIntervals)
	checkEnum(t, "price.go", "PriceRecurringUsageType", planUsages)
	checkEnum(t, "price.go", "PriceBillingScheme", planSchemes)
	checkEnum(t, "subscription.go", "SubscriptionStatus", subscriptionStates)
	checkEnum(t, "subscription.go", "SubscriptionCollectionMethod", collectionMethods)
	checkEnum(t, "subscription.go", "SubscriptionPauseCollectionBehavior", pauseBehaviors)
	checkEnum(t, "subscription.go", "SubscriptionTrialSettingsEndBehaviorMissingPaymentMethod", trialEndBehaviors)
	checkEnum(t, "invoice.go", "InvoiceStatus", invoiceStates)
	checkEnum(t, "invoice.go", "InvoiceCollectionMethod", collectionMethods)
}

func checkEnum[E ~int32](t *testing.T, file, typ string, table map[string]E) {
	t.Helper()
	constants := sdkConstants(t, file, typ)
	if len(constants) != len(table) {
		t.Errorf("%s: the SDK has %d values, our table %d", typ, len(constants), len(table))
	}
	ours := map[E]string{}
	for _, text := range constants {
		value := table[text]
		if other, taken := ours[value]; value == 0 || taken {
			t.Errorf("%s: %q is %d, which is UNSPECIFIED or that of %q", typ, text, value, other)
		}
		ours[value] = text
	}
}

// parseSDK reads a file of the version of stripe-go that this build has.
func parseSDK(t *testing.T, file string) *ast.File {
	t.Helper()
	const module = "github.com/stripe/stripe-go/v76"
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		t.Fatalf("where is stripe-go? %v", err)
	}
	parsed, err := parser.ParseFile(gotoken.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), file), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func unquote(t *testing.T, value ast.Expr) string {
	t.Helper()
	literal, ok := value.(*ast.BasicLit)
	if !ok {
		t.Fatalf("a constant of the SDK is a %T", value)
	}
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
