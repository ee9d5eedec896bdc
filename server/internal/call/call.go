// Package call carries the facts about one rpc in flight through its context: what the request-id interceptor and auth
// find out on the way in and the gateway on the way out, for the log line and the status that end the call. It is a
// leaf: it knows no other package of the server.
package call

import (
	"context"
	"sync"
)

// Info is what is known of one rpc. It is safe for concurrent use, since a write that is detached from its caller may
// outlive the rpc.
type Info struct {
	requestID string

	mu              sync.Mutex
	caller          string
	stripeRequestID string
	operationID     string
}

type key struct{}

// New returns a context that carries the facts of one rpc, at first only its request id.
func New(ctx context.Context, requestID string) (context.Context, *Info) {
	info := &Info{requestID: requestID}
	return context.WithValue(ctx, key{}, info), info
}

// From returns the facts of the rpc that ctx belongs to, or an empty record outside of one.
func From(ctx context.Context) *Info {
	if info, ok := ctx.Value(key{}).(*Info); ok {
		return info
	}
	return &Info{}
}

// RequestID is ours: it stands in the log line, in the answer's header and in every error.
func (i *Info) RequestID() string { return i.requestID }

// SetCaller notes who calls.
func (i *Info) SetCaller(name string) { i.set(&i.caller, name) }

// Caller is the name in the callers file; empty while nobody is authenticated.
func (i *Info) Caller() string { return i.get(&i.caller) }

// SetStripeRequestID notes the id that Stripe gave to the last request made for this rpc.
func (i *Info) SetStripeRequestID(id string) { i.set(&i.stripeRequestID, id) }

// StripeRequestID is what Stripe's support asks for; empty while Stripe did not answer.
func (i *Info) StripeRequestID() string { return i.get(&i.stripeRequestID) }

// SetOperationID notes the operation that a write belongs to.
func (i *Info) SetOperationID(id string) { i.set(&i.operationID, id) }

// OperationID is empty for reads.
func (i *Info) OperationID() string { return i.get(&i.operationID) }

func (i *Info) set(field *string, value string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	*field = value
}

func (i *Info) get(field *string) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return *field
}
