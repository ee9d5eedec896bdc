package interceptor

import (
	"buf.build/go/protovalidate"
	middleware "github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/protovalidate"
)

// validate refuses a request that breaks a rule of the contract. The errors interceptor puts the violations into
// google.rpc.BadRequest.
func validate(validator protovalidate.Validator) link {
	return link{
		name:   "validation",
		unary:  middleware.UnaryServerInterceptor(validator),
		stream: middleware.StreamServerInterceptor(validator),
	}
}
