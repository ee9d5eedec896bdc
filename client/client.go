package client

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// Client calls Tillgate. It is safe for use by many goroutines, and one is enough for a process: make it at the start,
// close it at the end.
type Client struct {
	// Payments collects money and gives it back: every rpc of PaymentService, with the deadline, the idempotency keys
	// and the repetition that the package comment describes.
	Payments paymentsv1.PaymentServiceClient
	// Customers keeps who pays and with what, in the same way: customers, payment methods and setup intents.
	Customers paymentsv1.CustomerServiceClient
	// Subscriptions sells by subscription: plans, the subscriptions to them, their invoices, and who may use what.
	Subscriptions paymentsv1.SubscriptionServiceClient
	// Events tells what happened, and keeps the places of consumers: every rpc of EventService. Consume and WatchPayment do
	// more than its streams, which end with the first fault.
	Events paymentsv1.EventServiceClient
	// Operations tells what became of each write, by the operation_id that errors and logs name.
	Operations paymentsv1.OperationServiceClient

	conn    *grpc.ClientConn
	onRetry func(method string, attempt int, err error, wait time.Duration)
}

// New returns a client of the Tillgate at target, a name that gRPC understands: "tillgate.internal:443" is looked up in
// DNS, and calls go to all addresses in turn. It connects with the first call, so that it fails only for what is wrong
// with the target or the options, and then names every fault at once.
func New(target string, opts ...Option) (*Client, error) {
	s := settings{timeout: defaultTimeout, maxAttempts: defaultMaxAttempts}
	for _, opt := range opts {
		opt(&s)
	}
	if err := errors.Join(checkTarget(target), s.check()); err != nil {
		return nil, fmt.Errorf("make a Tillgate client: %w", err)
	}
	conn, err := grpc.NewClient(target, s.dialOptions()...)
	if err != nil {
		return nil, fmt.Errorf("make a Tillgate client: %w", err)
	}
	if s.insecure && s.token != nil && !isLocal(conn.CanonicalTarget()) {
		return nil, errors.Join(errTokenInTheClear, conn.Close())
	}
	return &Client{
		Payments:      paymentsv1.NewPaymentServiceClient(conn),
		Customers:     paymentsv1.NewCustomerServiceClient(conn),
		Subscriptions: paymentsv1.NewSubscriptionServiceClient(conn),
		Events:        paymentsv1.NewEventServiceClient(conn),
		Operations:    paymentsv1.NewOperationServiceClient(conn),
		conn:          conn,
		onRetry:       s.onRetry,
	}, nil
}

// Close ends the connections. Calls that are under way fail with CANCELLED, although what they asked for may still be
// done: wait for them first. A second call does nothing.
func (c *Client) Close() {
	// It fails only where it was closed before.
	_ = c.conn.Close()
}

func checkTarget(target string) error {
	if target == "" {
		return errors.New("there is no target, such as tillgate.internal:443")
	}
	return nil
}
