package redact_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/redact"
)

func TestMessageHidesTheMarkedFieldsOfEveryMessage(t *testing.T) {
	hidden := 0
	for _, kind := range messagesOfPayments(t) {
		for variant := range longestOneof(kind.Descriptor()) {
			t.Run(fmt.Sprintf("%s/%d", kind.Descriptor().Name(), variant), func(t *testing.T) {
				var marked, open []string
				f := filler{
					skip:   func() bool { return false },
					choose: func(n int) int { return variant % n },
					text: func(isMarked bool) string {
						list, word := &open, "open"
						if isMarked {
							list, word = &marked, "marked"
						}
						*list = append(*list, fmt.Sprintf("<%s-%d>", word, len(*list)))
						return (*list)[len(*list)-1]
					},
				}
				m := kind.New()
				f.message(m, false)
				before := proto.Clone(m.Interface())

				text, masked := redact.Text(m.Interface()), wire(t, redact.Message(m.Interface()))

				for _, marker := range marked {
					if strings.Contains(text, marker) || strings.Contains(masked, marker) {
						t.Errorf("%s of a marked field is still there: %s", marker, text)
					}
				}
				for _, marker := range open {
					if !strings.Contains(text, marker) || !strings.Contains(masked, marker) {
						t.Errorf("%s of an unmarked field is gone: %s", marker, text)
					}
				}
				if diff := cmp.Diff(before, m.Interface(), protocmp.Transform()); diff != "" {
					t.Errorf("the message was changed (-before +after):\n%s", diff)
				}
				hidden += len(marked)
			})
		}
	}
	if hidden == 0 {
		t.Error("no field of payments.v1 is marked")
	}
}

func TestMessageOfAPayment(t *testing.T) {
	got := redact.Message(&paymentsv1.CreatePaymentResponse{
		Payment: &paymentsv1.Payment{
			Id:           "pi_1",
			Description:  "for Jenny Rosen",
			ReceiptEmail: "jenny@example.com",
			Metadata:     map[string]string{"name": "Jenny Rosen"},
			Amount:       &paymentsv1.Money{MinorUnits: 1000, CurrencyCode: "USD"},
		},
		ClientSecret: "pi_1_secret_2",
	})
	want := &paymentsv1.CreatePaymentResponse{
		Payment: &paymentsv1.Payment{
			Id:           "pi_1",
			Description:  "[redacted]",
			ReceiptEmail: "[redacted]",
			Amount:       &paymentsv1.Money{MinorUnits: 1000, CurrencyCode: "USD"},
		},
		ClientSecret: "[redacted]",
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("Message differs (-want +got):\n%s", diff)
	}
}

func TestMessageSharesNothingWithTheOriginal(t *testing.T) {
	original := &paymentsv1.Payment{Amount: &paymentsv1.Money{MinorUnits: 1}, PaymentMethodTypes: []string{"card"}}
	masked, ok := redact.Message(original).(*paymentsv1.Payment)
	if !ok {
		t.Fatalf("Message returns a %T, want a *Payment", masked)
	}
	masked.GetAmount().MinorUnits = 2
	masked.GetPaymentMethodTypes()[0] = "link"
	if original.GetAmount().GetMinorUnits() != 1 || original.GetPaymentMethodTypes()[0] != "card" {
		t.Errorf("the original became %v with its copy", original)
	}
}

func TestMessageOfNothing(t *testing.T) {
	if got := redact.Message(nil); got != nil {
		t.Errorf("Message(nil) = %v, want nil", got)
	}
	var payment *paymentsv1.Payment
	for _, m := range []proto.Message{nil, payment} {
		if got := redact.Text(m); got != "<nil>" {
			t.Errorf("Text = %q, want <nil>", got)
		}
	}
}

func TestTextIsOneLine(t *testing.T) {
	got := redact.Text(&paymentsv1.Payment{Id: "pi\n1", Amount: &paymentsv1.Money{CurrencyCode: "U\r\nD"}})
	if strings.ContainsAny(got, "\r\n") || !strings.Contains(got, `"pi\n1"`) {
		t.Errorf("Text = %q, want one line", got)
	}
}
