package interceptor_test

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

const aCard = "4242424242424242"

func ofUsBankAccount(
	change func(*paymentsv1.CreatePaymentMethodRequest_UsBankAccountSource),
) *paymentsv1.CreatePaymentMethodRequest {
	source := &paymentsv1.CreatePaymentMethodRequest_UsBankAccountSource{
		AccountNumber: "000123456789", RoutingNumber: "110000000", AccountHolderType: "individual",
	}
	change(source)
	return &paymentsv1.CreatePaymentMethodRequest{
		IdempotencyKey: key, Source: &paymentsv1.CreatePaymentMethodRequest_UsBankAccount{UsBankAccount: source},
		BillingDetails: &paymentsv1.BillingDetails{Name: "Ada Lovelace"},
	}
}

func ofIBAN(iban string) *paymentsv1.CreatePaymentMethodRequest {
	return &paymentsv1.CreatePaymentMethodRequest{
		IdempotencyKey: key, Source: &paymentsv1.CreatePaymentMethodRequest_SepaDebit{
			SepaDebit: &paymentsv1.CreatePaymentMethodRequest_SepaDebitSource{Iban: iban},
		},
	}
}

func withNumber(number string) func(*paymentsv1.CreatePaymentMethodRequest_UsBankAccountSource) {
	return func(source *paymentsv1.CreatePaymentMethodRequest_UsBankAccountSource) { source.AccountNumber = number }
}

// The number of a bank account may look like that of a card, and nobody can write it in another way: it alone is let
// through, even where it is a card number. Nothing that is refused is repeated, and nothing at all is logged.
func TestAccountNumbersAreNotTakenForCards(t *testing.T) {
	const method = "/payments.v1.CustomerService/CreatePaymentMethod"
	reached := false
	h := serveAll(t, func(context.Context) (any, error) {
		reached = true
		return &paymentsv1.CreatePaymentMethodResponse{}, nil
	})
	inName := ofUsBankAccount(withNumber(aCard))
	inName.BillingDetails.Name = "Ada " + aCard
	for _, tt := range []struct {
		name  string
		req   proto.Message
		field string
	}{
		{"account of 12 digits", ofUsBankAccount(withNumber("000123456789")), ""},
		{"account like a card", ofUsBankAccount(withNumber(aCard)), ""},
		{"account like a card of 15 digits", ofUsBankAccount(withNumber("378282246310005")), ""},
		{"account of 18 digits", ofUsBankAccount(withNumber("42" + aCard)), "us_bank_account.account_number"},
		{"account in groups", ofUsBankAccount(withNumber("4242 4242 4242 4242")), "us_bank_account.account_number"},
		{"card beside the account", inName, "billing_details.name"},
		{"card as the kind of holder", ofUsBankAccount(func(s *paymentsv1.CreatePaymentMethodRequest_UsBankAccountSource) {
			s.AccountHolderType = aCard
		}), "us_bank_account.account_holder_type"},
		{"card as the routing number", ofUsBankAccount(func(s *paymentsv1.CreatePaymentMethodRequest_UsBankAccountSource) {
			s.RoutingNumber = aCard
		}), "us_bank_account.routing_number"},
		{"IBAN", ofIBAN("DE89370400440532013000"), ""},
		{"IBAN whose end looks like a card", ofIBAN("DE89 4242424242424242 00"), ""},
		{"card as the IBAN", ofIBAN(aCard), "sepa_debit.iban"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reached = false
			err := h.conn.Invoke(as(t, tokenAll), method, tt.req, &paymentsv1.CreatePaymentMethodResponse{})
			text := status.Convert(err).Proto().String()
			switch {
			case tt.field == "" && (err != nil || !reached):
				t.Errorf("got %v, want it to go through", err)
			case tt.field != "" && (status.Code(err) != codes.InvalidArgument || reached || !strings.Contains(text, `"`+tt.field+`"`)):
				t.Errorf("got %v, want INVALID_ARGUMENT on %s", err, tt.field)
			}
			if strings.Contains(text, "4242") {
				t.Errorf("the status repeats the number: %s", text)
			}
		})
	}
	for _, number := range []string{"4242424242", "4242 4242", "378282246310005", "000123456789", "DE89"} {
		if strings.Contains(h.log.String(), number) {
			t.Errorf("the log holds %s", number)
		}
	}
}
