package interceptor

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/pan"
)

// refuseCardNumbers refuses a request in which any text looks like a card number. It stands before validation, whose
// errors name the keys of maps.
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
	if field, found := pan.FindField(message); found {
		return apierr.InvalidField(field, "looks like a card number, which must never be sent here; "+
			"put a letter directly in front of a number of your own that looks like one")
	}
	return nil
}
