package interceptor

import (
	"context"
	"slices"
	"strings"

	grpcauth "github.com/grpc-ecosystem/go-grpc-middleware/v2/interceptors/auth"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/call"
)

// authorize lets a call through whose caller is known and holds the scope of the rpc. What the policy does not name is
// refused, also to a known caller. Only the public services are open to all.
func authorize(tokens *auth.Tokens, policy *auth.Policy, public []string) link {
	check := func(ctx context.Context) (context.Context, error) {
		method, _ := grpc.Method(ctx)
		if IsPublic(method, public) {
			return ctx, nil
		}
		caller, err := tokens.Authenticate(metadata.ValueFromIncomingContext(ctx, "authorization"))
		if err != nil {
			return nil, apierr.New(paymentsv1.ErrorReason_ERROR_REASON_CREDENTIALS_INVALID).WithCause(err)
		}
		call.From(ctx).SetCaller(caller.Name)

		scope, known := policy.Required(method)
		if !known {
			return nil, apierr.New(paymentsv1.ErrorReason_ERROR_REASON_NOT_IMPLEMENTED)
		}
		if !caller.Has(scope) {
			return nil, apierr.ScopeMissing(scope)
		}
		return auth.WithCaller(ctx, caller), nil
	}
	return link{
		name:   "auth",
		unary:  grpcauth.UnaryServerInterceptor(check),
		stream: grpcauth.StreamServerInterceptor(check),
	}
}

// IsPublic says whether a full method name is one of the public services, given by their full names.
func IsPublic(method string, public []string) bool {
	service, _, ok := strings.Cut(strings.TrimPrefix(method, "/"), "/")
	return ok && slices.Contains(public, service)
}
