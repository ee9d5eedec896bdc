package pan_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/pan"
)

const card = "4242424242424242"

func TestFindFieldNamesTheField(t *testing.T) {
	for _, tt := range []struct {
		name    string
		message proto.Message
		want    string
	}{
		{"field", &paymentsv1.CreatePaymentRequest{Description: "card " + card}, "description"},
		{
			"nested message",
			&paymentsv1.UpdatePaymentRequest{Payment: &paymentsv1.Payment{Description: card}},
			"payment.description",
		},
		{
			"list",
			&paymentsv1.CreatePaymentRequest{PaymentMethodTypes: []string{"card", card}},
			"payment_method_types[1]",
		},
		{
			"message in a list",
			&paymentsv1.ListPaymentsResponse{Payments: []*paymentsv1.Payment{{}, {Description: card}}},
			"payments[1].description",
		},
		{"value of a map", withMetadata("color", card), `metadata["color"]`},
		{"key of a map", withMetadata(card, "red"), "metadata"},
		{"key and value", withMetadata(card, card), "metadata"},
		{"key of 40 characters", withMetadata(strings.Repeat("k", 40), card), `metadata["` + strings.Repeat("k", 40) + `"]`},
		{"key of 41 characters", withMetadata(strings.Repeat("k", 41), card), "metadata"},
		{"key with a line break", withMetadata("a\nb", card), "metadata"},
		{"key beyond ASCII", withMetadata("größe", card), "metadata"},
		{"key with a quote", withMetadata(`a"b`, card), `metadata["a\"b"]`},
		{
			"message in a map",
			&structpb.Struct{Fields: map[string]*structpb.Value{"color": structpb.NewStringValue(card)}},
			`fields["color"].string_value`,
		},
		{"bytes", wrapperspb.Bytes([]byte("n=" + card)), "value"},
		{
			"oneof",
			&paymentsv1.PaymentMethodDetails{Method: &paymentsv1.PaymentMethodDetails_Card{
				Card: &paymentsv1.CardDetails{Fingerprint: card},
			}},
			"card.fingerprint",
		},
		{
			"the first of two fields",
			&paymentsv1.CreatePaymentRequest{Description: card, ReceiptEmail: card, IdempotencyKey: card},
			"idempotency_key",
		},
		{
			"the first of two pairs",
			&paymentsv1.CreatePaymentRequest{Metadata: map[string]string{"b": card, "a": card, "c": "red"}},
			`metadata["a"]`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 20 { // The order in which a message's fields are read differs from time to time.
				got, found := pan.FindField(tt.message)
				if got != tt.want || !found {
					t.Fatalf("FindField = %q, %t, want %q, true", got, found, tt.want)
				}
			}
		})
	}
}

func TestFindFieldNeverRepeatsTheNumber(t *testing.T) {
	for _, tt := range cards {
		for _, key := range []string{tt.number, "my " + tt.number, inGroups(tt.number, 4, "-")} {
			path, found := pan.FindField(withMetadata(key, tt.number))
			if path != "metadata" || !found {
				t.Errorf("FindField = %q, %t, want \"metadata\", true", path, found)
			}
		}
	}
}

func TestFindFieldFindsNothing(t *testing.T) {
	var none *paymentsv1.Payment
	for _, tt := range []struct {
		name    string
		message proto.Message
	}{
		{"no message", nil},
		{"nil message", none},
		{"empty message", &paymentsv1.CreatePaymentRequest{}},
		{"amount like a card", &paymentsv1.Money{MinorUnits: 4242424242424242, CurrencyCode: "JPY"}},
		{"halves in two fields", &paymentsv1.CreatePaymentRequest{CustomerId: "42424242", Description: "42424242"}},
		{"harmless", withMetadata("order", "A"+card)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if path, found := pan.FindField(tt.message); path != "" || found {
				t.Errorf("FindField = %q, %t, want \"\", false", path, found)
			}
		})
	}
}

// A field that is left out by its name is not looked at, wherever it stands; one of the same name elsewhere is.
func TestFindFieldLeavesFieldsOut(t *testing.T) {
	const left = "payments.v1.Payment.description"
	for _, tt := range []struct {
		name    string
		message proto.Message
		want    string
	}{
		{"at the top", &paymentsv1.Payment{Description: card}, ""},
		{"inside", &paymentsv1.UpdatePaymentRequest{Payment: &paymentsv1.Payment{Description: card}}, ""},
		{"in a list", &paymentsv1.ListPaymentsResponse{Payments: []*paymentsv1.Payment{{Description: card}}}, ""},
		{"another beside it", &paymentsv1.Payment{Description: card, ReceiptEmail: card}, "receipt_email"},
		{"the same word elsewhere", &paymentsv1.CreatePaymentRequest{Description: card}, "description"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if path, found := pan.FindField(tt.message, left); path != tt.want || found != (tt.want != "") {
				t.Errorf("FindField = %q, %t, want %q", path, found, tt.want)
			}
		})
	}
}

func withMetadata(key, value string) *paymentsv1.CreatePaymentRequest {
	return &paymentsv1.CreatePaymentRequest{Metadata: map[string]string{"order": "1001", key: value}}
}
