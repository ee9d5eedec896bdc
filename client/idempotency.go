package client

import (
	"context"
	"crypto/rand"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// MissingKeyError is what a call that may move money, or makes something, fails with when its request has no idempotency
// key. Nothing was sent.
// It has the gRPC code INVALID_ARGUMENT, the reason INVALID_FIELD and a violation of idempotency_key, as if the server
// had answered.
type MissingKeyError struct {
	// Method is the full name of the rpc.
	Method string
}

// Error says what to do.
func (e *MissingKeyError) Error() string {
	_, name, _ := strings.Cut(strings.TrimPrefix(e.Method, "/"), "/")
	return name + " was not sent: " + missingKey
}

const missingKey = `idempotency_key is empty; make it from your own facts, as in client.Key("order", id, attempt), ` +
	"so that it is the same after a crash"

// GRPCStatus makes the error a status for grpc-go and for the functions of this package.
func (e *MissingKeyError) GRPCStatus() *status.Status {
	s := status.New(codes.InvalidArgument, e.Error())
	detailed, err := s.WithDetails(
		&errdetails.ErrorInfo{Reason: "INVALID_FIELD", Domain: domain, Metadata: map[string]string{"field": keyField}},
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: keyField, Description: missingKey},
		}},
	)
	if err != nil {
		return s
	}
	return detailed
}

// keys refuses a write without an idempotency key, or gives it one, for all its tries: in a copy, for the request is
// the caller's.
func keys(methods map[string]method) grpc.UnaryClientInterceptor {
	return func(
		ctx context.Context, name string, req, reply any, cc *grpc.ClientConn, invoker grpc.UnaryInvoker,
		opts ...grpc.CallOption,
	) error {
		m := methods[name]
		request, ok := req.(proto.Message)
		if !ok || m.kind != kindKeyed {
			return invoker(ctx, name, req, reply, cc, opts...)
		}
		key := request.ProtoReflect().Descriptor().Fields().ByName(keyField)
		if key == nil || request.ProtoReflect().Get(key).String() != "" {
			return invoker(ctx, name, req, reply, cc, opts...)
		}
		if !m.fillsKey {
			return &MissingKeyError{Method: name}
		}
		return invoker(ctx, name, withKey(request, key, "auto:"+rand.Text()), reply, cc, opts...)
	}
}

// withKey works for a nil request too, which proto.Clone leaves nil.
func withKey(request proto.Message, field protoreflect.FieldDescriptor, key string) proto.Message {
	clone := request.ProtoReflect().New()
	proto.Merge(clone.Interface(), request)
	clone.Set(field, protoreflect.ValueOfString(key))
	return clone.Interface()
}
