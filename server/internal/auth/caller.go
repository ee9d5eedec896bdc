// Package auth says who calls and what each rpc needs. Callers come from the callers file, scopes from the options of
// the contract; whatever is not named is refused. It does not know the transport: the auth interceptor hands it the
// credentials that came with a call.
package auth

import (
	"context"
	"crypto/sha256"
	"slices"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// Caller is a service that may call. Its name, never its credential, is what idempotency keys belong to.
type Caller struct {
	// Name is that in the callers file.
	Name string
	// Scopes are what it may do.
	Scopes []paymentsv1.Scope
	// Expires is when its tokens end; zero means never.
	Expires time.Time

	digests [][sha256.Size]byte
}

// NewCaller returns a caller with one token and no end, as the sandbox has it. The token itself is not kept.
func NewCaller(name, token string, scopes ...paymentsv1.Scope) Caller {
	return Caller{Name: name, Scopes: scopes, digests: [][sha256.Size]byte{sha256.Sum256([]byte(token))}}
}

// Has says whether the caller holds a scope.
func (c Caller) Has(scope paymentsv1.Scope) bool { return slices.Contains(c.Scopes, scope) }

// HasToken says whether a token is one of the caller's.
func (c Caller) HasToken(token string) bool {
	return slices.Contains(c.digests, sha256.Sum256([]byte(token)))
}

type callerKey struct{}

// WithCaller returns a context that belongs to a call of this caller.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerFrom returns who calls, or a caller without name and scopes where nobody was authenticated.
func CallerFrom(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}
