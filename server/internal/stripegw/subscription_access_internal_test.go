package stripegw

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// documented is one row of the table above `message Access`, as it stands there, and what it means.
type documented struct {
	text, level, reason string
	fits                func(s *paymentsv1.Subscription) bool
}

// documentedRows are written from the comment, apart from the code that they test.
var documentedRows = []documented{
	{"INCOMPLETE", "BLOCKED", "FIRST_PAYMENT_MISSING", subscriptionIn("INCOMPLETE")},
	{"INCOMPLETE_EXPIRED, CANCELED", "BLOCKED", "ENDED", subscriptionIn("INCOMPLETE_EXPIRED", "CANCELED")},
	{"UNPAID", "BLOCKED", "UNPAID", subscriptionIn("UNPAID")},
	{"PAUSED", "BLOCKED", "TRIAL_ENDED", subscriptionIn("PAUSED")},
	{"a state that is not known", "BLOCKED", "UNKNOWN_STATE", subscriptionIn("UNSPECIFIED")},
	{"its payment is PROCESSING", "GRACE", "PAYMENT_PROCESSING", asking(func(s *paymentsv1.Subscription) bool {
		return s.GetLatestInvoice().GetPaymentState() == paymentsv1.PaymentState_PAYMENT_STATE_PROCESSING
	})},
	{
		"its payment waits for the customer (REQUIRES_ACTION)", "GRACE", "PAYMENT_ACTION_REQUIRED",
		asking(func(s *paymentsv1.Subscription) bool {
			return s.GetLatestInvoice().GetPaymentState() == paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_ACTION
		}),
	},
	{
		"PAST_DUE, charged automatically, tried, and no further try is planned", "BLOCKED", "RETRIES_EXHAUSTED",
		asking(func(s *paymentsv1.Subscription) bool {
			i := s.GetLatestInvoice()
			return subscriptionIn("PAST_DUE")(s) && i.GetAttemptCount() != 0 && i.GetNextAttemptTime() == nil &&
				i.GetCollectionMethod() == paymentsv1.CollectionMethod_COLLECTION_METHOD_CHARGE_AUTOMATICALLY
		}),
	},
	{"PAST_DUE otherwise", "GRACE", "PAYMENT_FAILED", asking(subscriptionIn("PAST_DUE"))},
	{"it is a DRAFT, or OPEN", "GRACE", "INVOICE_OPEN", asking(func(s *paymentsv1.Subscription) bool {
		return invoiceIn(s, "DRAFT") || invoiceIn(s, "OPEN")
	})},
	{"it is UNCOLLECTIBLE", "GRACE", "INVOICE_UNCOLLECTIBLE", asking(func(s *paymentsv1.Subscription) bool {
		return invoiceIn(s, "UNCOLLECTIBLE")
	})},
	{"PAST_DUE otherwise", "GRACE", "PAYMENT_FAILED", subscriptionIn("PAST_DUE")},
	{"TRIALING", "ACTIVE", "TRIAL", subscriptionIn("TRIALING")},
	{"ACTIVE", "ACTIVE", "PAID", subscriptionIn("ACTIVE")},
}

func subscriptionIn(names ...string) func(*paymentsv1.Subscription) bool {
	return func(s *paymentsv1.Subscription) bool {
		for _, name := range names {
			if s.GetState().String() == "SUBSCRIPTION_STATE_"+name {
				return true
			}
		}
		return false
	}
}

// asking is for what hangs on an invoice that asks for something, which that of a pending change does not.
func asking(fits func(*paymentsv1.Subscription) bool) func(*paymentsv1.Subscription) bool {
	return func(s *paymentsv1.Subscription) bool {
		due := s.GetLatestInvoice().GetAmountDue()
		if invoiceIn(s, "DRAFT") && s.GetLatestInvoice().GetTotal() != nil {
			due = s.GetLatestInvoice().GetTotal()
		}
		return s.GetPendingChange() == nil && !invoiceIn(s, "PAID") && !invoiceIn(s, "VOID") && due.GetMinorUnits() > 0 && fits(s)
	}
}

func invoiceIn(s *paymentsv1.Subscription, name string) bool {
	return s.GetLatestInvoice().GetState().String() == "INVOICE_STATE_"+name
}

// TestAccessIsDocumented: the rows of this test are those of the comment that callers read, in its order.
func TestAccessIsDocumented(t *testing.T) {
	source, err := os.ReadFile("../../../proto/payments/v1/subscription.proto")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(source), "the first row that fits:\n")
	table, _, closed := strings.Cut(rest, "// An invoice asks for something where")
	if !ok || !closed {
		t.Fatal("there is no table in the comment")
	}
	var got []documented
	text := ""
	for line := range strings.Lines(table) {
		words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "//"))
		if strings.HasPrefix(strings.Join(words, " "), "the latest invoice asks for something") {
			words = nil // what the rows under it share
		}
		last := len(words) - 1
		if last < 1 || words[last-1] != "BLOCKED" && words[last-1] != "GRACE" && words[last-1] != "ACTIVE" {
			text = strings.TrimSpace(text + " " + strings.Join(words, " "))
			continue
		}
		text = strings.TrimSpace(text + " " + strings.Join(words[:last-1], " "))
		got = append(got, documented{text: text, level: words[last-1], reason: words[last]})
		text = ""
	}
	want := make([]documented, len(documentedRows))
	for i, row := range documentedRows {
		want[i] = documented{text: row.text, level: row.level, reason: row.reason}
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(documented{})); diff != "" {
		t.Errorf("the comment (-test +proto):\n%s", diff)
	}
}

// TestAccess walks every combination of what access hangs on.
func TestAccess(t *testing.T) {
	reached := map[int]int{}
	for s := range everySubscription {
		row := 0
		for !documentedRows[row].fits(s) {
			row++
		}
		reached[row]++
		got := accessOf(s)
		if got.GetLevel().String() != "ACCESS_LEVEL_"+documentedRows[row].level ||
			got.GetReason().String() != "ACCESS_REASON_"+documentedRows[row].reason {
			t.Fatalf("%v\nis %v, want row %d, %q", s, got, row, documentedRows[row].text)
		}
	}
	if len(reached) != len(documentedRows) {
		t.Errorf("rows reached: %v, want all of %d", reached, len(documentedRows))
	}
}

// everySubscription yields each of them.
func everySubscription(yield func(*paymentsv1.Subscription) bool) {
	for state := range paymentsv1.SubscriptionState_name {
		for invoice := range everyInvoice {
			for _, pending := range []*paymentsv1.PendingChange{nil, {}} {
				if !yield(&paymentsv1.Subscription{
					State: paymentsv1.SubscriptionState(state), LatestInvoice: invoice, PendingChange: pending,
				}) {
					return
				}
			}
		}
	}
}

func everyInvoice(yield func(*paymentsv1.Invoice) bool) {
	if !yield(nil) {
		return
	}
	for _, units := range []int64{-5, 0, 5} {
		for payment := range paymentsv1.PaymentState_name {
			for state := range paymentsv1.InvoiceState_name {
				if state == 0 {
					continue // see TestAccessOfTheUnknown
				}
				for flags := range 8 {
					invoice := &paymentsv1.Invoice{
						AmountDue: &paymentsv1.Money{MinorUnits: units}, PaymentState: paymentsv1.PaymentState(payment),
						State: paymentsv1.InvoiceState(state), AttemptCount: int32(flags & 1),
						CollectionMethod: paymentsv1.CollectionMethod(1 + flags>>1&1),
					}
					if flags>>2 == 1 {
						invoice.NextAttemptTime = &timestamppb.Timestamp{Seconds: 1}
						invoice.Total = &paymentsv1.Money{MinorUnits: 5}
					}
					if !yield(invoice) {
						return
					}
				}
			}
		}
	}
}

// TestAccessOfTheUnknown: what can not be read is not taken for paid.
func TestAccessOfTheUnknown(t *testing.T) {
	due := &paymentsv1.Money{MinorUnits: 5}
	for name, invoice := range map[string]*paymentsv1.Invoice{
		"its id alone": {Id: "in_1"}, "a state that is not known": {AmountDue: due, RawState: "dreaming"},
		"no amount": {Id: "in_1", State: paymentsv1.InvoiceState_INVOICE_STATE_OPEN},
	} {
		got := accessOf(&paymentsv1.Subscription{
			State: paymentsv1.SubscriptionState_SUBSCRIPTION_STATE_ACTIVE, LatestInvoice: invoice,
		})
		if !proto.Equal(got, grace(paymentsv1.AccessReason_ACCESS_REASON_INVOICE_OPEN)) {
			t.Errorf("%s: %v", name, got)
		}
	}
	got := accessOf(&paymentsv1.Subscription{State: 99})
	if !proto.Equal(got, blocked(paymentsv1.AccessReason_ACCESS_REASON_UNKNOWN_STATE)) {
		t.Errorf("a state of the future: %v", got)
	}
}
