package client_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// fake is a PaymentService that keeps what it got and answers what a test tells it to. It is reached in memory, so that
// it works inside a synctest bubble, where time is virtual.
type fake struct {
	paymentsv1.UnimplementedPaymentServiceServer

	// answer is asked for each call, with the number of the call, from 1 on.
	answer func(ctx context.Context, call int, req proto.Message) (proto.Message, error)
	// events serves the streams of events, where a test has some, and watch those of WatchPayment.
	events paymentsv1.EventServiceServer
	watch  func(call int, stream grpc.ServerStreamingServer[paymentsv1.WatchPaymentResponse]) error
	// options are those of the server.
	options []grpc.ServerOption

	listener *bufconn.Listener

	mu       sync.Mutex
	requests []proto.Message
	metadata []metadata.MD
	times    []time.Time
	conns    []net.Conn
}

// serve starts the fake and returns a client of it.
func (f *fake) serve(t *testing.T, opts ...client.Option) *client.Client {
	t.Helper()
	f.listen(t)
	return f.connect(t, append([]client.Option{client.WithInsecure()}, opts...)...)
}

func (f *fake) listen(t *testing.T) {
	t.Helper()
	f.listener = bufconn.Listen(1 << 20)
	server := grpc.NewServer(append(f.options, grpc.UnaryInterceptor(f.handle), grpc.MaxRecvMsgSize(1<<20))...)
	paymentsv1.RegisterPaymentServiceServer(server, f)
	paymentsv1.RegisterCustomerServiceServer(server, paymentsv1.UnimplementedCustomerServiceServer{})
	paymentsv1.RegisterSubscriptionServiceServer(server, paymentsv1.UnimplementedSubscriptionServiceServer{})
	paymentsv1.RegisterOperationServiceServer(server, paymentsv1.UnimplementedOperationServiceServer{})
	if f.events == nil {
		f.events = paymentsv1.UnimplementedEventServiceServer{}
	}
	paymentsv1.RegisterEventServiceServer(server, f.events)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(f.listener) }()
	t.Cleanup(func() {
		server.Stop()
		// A test that needs no server may stop it before it has begun to serve.
		if err := <-ended; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Error(err)
		}
	})
}

func (f *fake) connect(t *testing.T, opts ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New("passthrough:///localhost",
		append([]client.Option{client.WithDialOptions(grpc.WithContextDialer(f.dial))}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func (f *fake) dial(ctx context.Context, _ string) (net.Conn, error) {
	conn, err := f.listener.DialContext(ctx)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.conns = append(f.conns, conn)
	return conn, nil
}

func (f *fake) handle(
	ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
) (any, error) {
	message, _ := req.(proto.Message)
	md, _ := metadata.FromIncomingContext(ctx)
	f.mu.Lock()
	f.requests = append(f.requests, message)
	f.metadata = append(f.metadata, md)
	f.times = append(f.times, time.Now())
	call := len(f.requests)
	f.mu.Unlock()
	if f.answer == nil {
		return handler(ctx, req)
	}
	return f.answer(ctx, call, message)
}

// cut breaks all connections, as a server that dies does.
func (f *fake) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, conn := range f.conns {
		_ = conn.Close()
	}
}

func (f *fake) got() []proto.Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.requests)
}

// keys returns the idempotency keys of all requests, in their order.
func (f *fake) keys() []string {
	var all []string
	for _, req := range f.got() {
		if keyed, ok := req.(interface{ GetIdempotencyKey() string }); ok {
			all = append(all, keyed.GetIdempotencyKey())
		}
	}
	return all
}

// always answers each call with the same error.
func always(err error) func(context.Context, int, proto.Message) (proto.Message, error) {
	return func(context.Context, int, proto.Message) (proto.Message, error) { return nil, err }
}

// inTurn answers the calls with these errors in turn, nil being a payment, and repeats the last one.
func inTurn(errs ...error) func(context.Context, int, proto.Message) (proto.Message, error) {
	return func(_ context.Context, call int, req proto.Message) (proto.Message, error) {
		if err := errs[min(call, len(errs))-1]; err != nil {
			return nil, err
		}
		return paid(req), nil
	}
}

// paid is the successful answer to a request.
func paid(req proto.Message) proto.Message {
	payment := &paymentsv1.Payment{Id: "pi_1", State: paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED}
	switch req.(type) {
	case *paymentsv1.CreatePaymentRequest:
		return &paymentsv1.CreatePaymentResponse{Payment: payment}
	case *paymentsv1.UpdatePaymentRequest:
		return &paymentsv1.UpdatePaymentResponse{Payment: payment}
	default:
		return &paymentsv1.GetPaymentResponse{Payment: payment}
	}
}

// refuse makes an error as Tillgate sends it.
func refuse(code codes.Code, reason string, details ...protoadapt.MessageV1) error {
	return refuseAs("payments.tillgate.dev", code, reason, details...)
}

func refuseAs(domain string, code codes.Code, reason string, details ...protoadapt.MessageV1) error {
	details = append([]protoadapt.MessageV1{
		&errdetails.ErrorInfo{Reason: reason, Domain: domain, Metadata: map[string]string{"operation_id": "op_1"}},
		&errdetails.RequestInfo{RequestId: "request-1"},
	}, details...)
	s, err := status.New(code, "refused").WithDetails(details...)
	if err != nil {
		return err
	}
	return s.Err()
}

// retryIn is the detail that says when to ask again.
func retryIn(d time.Duration) protoadapt.MessageV1 {
	return &errdetails.RetryInfo{RetryDelay: durationpb.New(d)}
}

func order() *paymentsv1.CreatePaymentRequest {
	return &paymentsv1.CreatePaymentRequest{
		IdempotencyKey: client.Key("order", 1001, 1),
		Amount:         &paymentsv1.Money{MinorUnits: 2000, CurrencyCode: "USD"},
	}
}

// pay and get make one call of each sort, for tests that care about the error alone.
func pay(ctx context.Context, c *client.Client) error {
	_, err := c.Payments.CreatePayment(ctx, order())
	return err
}

func get(ctx context.Context, c *client.Client) error {
	_, err := c.Payments.GetPayment(ctx, &paymentsv1.GetPaymentRequest{PaymentId: "pi_1"})
	return err
}

// within returns a context with a deadline.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// wait passes virtual time.
func wait(d time.Duration) { <-time.After(d) }

// WatchPayment implements PaymentService.
func (f *fake) WatchPayment(
	req *paymentsv1.WatchPaymentRequest, stream grpc.ServerStreamingServer[paymentsv1.WatchPaymentResponse],
) error {
	f.mu.Lock()
	f.requests = append(f.requests, req)
	call := len(f.requests)
	f.mu.Unlock()
	return f.watch(call, stream)
}
