package interceptor

import (
	"context"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

// tolerantCodec reads protobuf as grpc-go does, but for what cannot be read. grpc-go would answer that by itself, before
// the chain: without a credential, a request id or a line in the log. Here such a message arrives empty but for a mark,
// and refuseMalformed refuses it in its turn.
type tolerantCodec struct{ encoding.CodecV2 }

// malformed is the mark: an unknown field with the greatest number there is. A caller who sends it is refused as well.
var malformed = protowire.AppendTag(nil, protowire.MaxValidNumber, protowire.BytesType)

// Unmarshal reads a message, or marks it.
func (c tolerantCodec) Unmarshal(data mem.BufferSlice, v any) error {
	err := c.CodecV2.Unmarshal(data, v)
	message, ok := v.(proto.Message)
	if err == nil || !ok {
		return err
	}
	proto.Reset(message)
	message.ProtoReflect().SetUnknown(protowire.AppendBytes(slices.Clip(malformed), nil))
	return nil
}

func isMalformed(m any) bool {
	message, ok := m.(proto.Message)
	if !ok {
		return false
	}
	unknown := message.ProtoReflect().GetUnknown()
	for len(unknown) > 0 {
		number, _, n := protowire.ConsumeField(unknown)
		if n < 0 || number == protowire.MaxValidNumber {
			return true
		}
		unknown = unknown[n:]
	}
	return false
}

// refuseMalformed refuses what was no message of the contract. It stands behind auth, like all that looks at requests.
func refuseMalformed() link {
	refuse := func(m any) error {
		if isMalformed(m) {
			return apierr.InvalidField("", "the request is not a message of the contract, for example because a text is not UTF-8")
		}
		return nil
	}
	return link{
		name: "malformed",
		unary: func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			if err := refuse(req); err != nil {
				return nil, err
			}
			return handler(ctx, req)
		},
		stream: func(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			return handler(srv, &checkedStream{ss, refuse})
		},
	}
}

// checkedStream refuses what it receives.
type checkedStream struct {
	grpc.ServerStream

	check func(m any) error
}

// RecvMsg receives a message and checks it.
func (s *checkedStream) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	return s.check(m)
}
