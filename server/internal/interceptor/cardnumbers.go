package interceptor

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/pan"
)

// accountNumbers are the fields that hold the number of a bank account, and nothing else. One of 16 digits can look like a
// card number, and unlike other numbers of the caller's own it can not be written in another way, so it is not looked at: a
// card number in its place becomes the account of a bank that has none such at Stripe, and as little as a true one is it
// ever logged, repeated or kept unsealed.
var accountNumbers = []protoreflect.FullName{
	"payments.v1.CreatePaymentMethodRequest.UsBankAccountSource.account_number",
	"payments.v1.CreatePaymentMethodRequest.SepaDebitSource.iban",
}

// refuseCardNumbers refuses a request in which any text looks like a card number, but for the numbers of bank accounts. It
// stands before validation, whose errors name the keys of maps.
func refuseCardNumbers() link {
	return link{
		name: "cardnumbers",
		unary: func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			if err := checkCardNumbers(req); err != nil {
				return nil, err
			}
			return handler(ctx, req)
		},
		stream: func(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			return handler(srv, &checkedStream{ss, checkCardNumbers})
		},
	}
}

func checkCardNumbers(m any) error {
	message, ok := m.(proto.Message)
	if !ok {
		return nil
	}
	if field, found := pan.FindField(message, accountNumbers...); found {
		return apierr.InvalidField(field, "looks like a card number, which must never be sent here; "+
			"put a letter directly in front of a number of your own that looks like one")
	}
	return nil
}
