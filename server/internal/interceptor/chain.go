// Package interceptor holds what every call goes through before and after its handler. The chain is one list, from which
// both the unary and the stream interceptors are built, so that they cannot drift. It does not know what it stands
// before.
package interceptor

import (
	"log/slog"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	protobuf "google.golang.org/grpc/encoding/proto"

	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/pan"
)

// Config is what the chain needs.
type Config struct {
	// Logger takes one line a call.
	Logger *slog.Logger
	// Now is the clock of the durations in the log.
	Now func() time.Time
	// Tokens says who calls.
	Tokens *auth.Tokens
	// Policy says which scope an rpc needs.
	Policy *auth.Policy
	// Public are the services that anybody may call, by their full names: health, and reflection in the sandbox.
	Public []string
	// Validator holds the rules of the contract.
	Validator protovalidate.Validator
}

// maxMethodName is longer than any rpc of the public services, under whose names anything can be asked for.
const maxMethodName = 100

// link is one interceptor, for unary calls and for streams.
type link struct {
	name   string
	unary  grpc.UnaryServerInterceptor
	stream grpc.StreamServerInterceptor
}

// chain is the list, the outermost first. The order matters:
//   - requestid first, so that every line and status has the id;
//   - logging outside errors, so that the code in the log is the one that was sent, and every refusal is logged;
//   - errors outside recovery, so that a panic becomes the same neutral INTERNAL as any unknown error;
//   - auth before validation, so that an outsider learns nothing of what a valid request looks like (AIP-211);
//   - hold behind auth, since it watches over what auth has let in;
//   - declines behind auth, since a scope decides what may be shown;
//   - malformed, cardnumbers and validation innermost, so that handlers may assume valid requests.
func chain(c Config) []link {
	return []link{
		requestID(),
		logging(c.Logger, c.Now, c.isKnown),
		mapErrors(c.Public),
		recoverPanics(c.Logger),
		authorize(c.Tokens, c.Policy, c.Public),
		holdStreams(c.Tokens, c.Policy, c.Public),
		hideDeclines(),
		refuseMalformed(),
		refuseCardNumbers(),
		validate(c.Validator),
	}
}

// isKnown is whether a full method name is that of an rpc that is served.
func (c Config) isKnown(method string) bool {
	if IsPublic(method, c.Public) {
		return len(method) < maxMethodName && !pan.Contains(method)
	}
	_, known := c.Policy.Required(method)
	return known
}

// ServerOptions returns the chain as the options of a gRPC server. It includes the codec, so that what cannot be read
// comes to the chain too. Only a message over the size limit is refused by grpc-go before it.
func ServerOptions(c Config) []grpc.ServerOption {
	links := chain(c)
	unary := make([]grpc.UnaryServerInterceptor, 0, len(links))
	stream := make([]grpc.StreamServerInterceptor, 0, len(links))
	for _, l := range links {
		unary = append(unary, l.unary)
		stream = append(stream, l.stream)
	}
	return []grpc.ServerOption{
		grpc.ForceServerCodecV2(tolerantCodec{encoding.GetCodecV2(protobuf.Name)}),
		grpc.ChainUnaryInterceptor(unary...), grpc.ChainStreamInterceptor(stream...),
	}
}
