package app_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"buf.build/go/protovalidate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/interceptor"
)

// BenchmarkChain compares a call through the whole chain with the same call to a bare handler.
//
//	go test -bench Chain -run ^$ ./server/internal/app
func BenchmarkChain(b *testing.B) {
	reader := auth.NewCaller("reader", "reader-token", paymentsv1.Scope_SCOPE_PAYMENTS_READ)
	bare := serveFixed(b)
	chained := serveFixed(b, chain(b, slog.New(slog.NewJSONHandler(io.Discard, nil)), reader)...)
	for _, concurrency := range []int{1, 64} {
		b.Run(fmt.Sprintf("c=%d", concurrency), func(b *testing.B) {
			compareSides(b, concurrency, throughGet(bare), throughGet(chained))
		})
	}
}

// chain is the whole chain, for one caller.
func chain(b *testing.B, logger *slog.Logger, caller auth.Caller) []grpc.ServerOption {
	b.Helper()
	policy, err := auth.NewPolicy(paymentsv1.File_payments_v1_payment_service_proto.Services().Get(0))
	if err != nil {
		b.Fatal(err)
	}
	validator, err := protovalidate.New()
	if err != nil {
		b.Fatal(err)
	}
	return interceptor.ServerOptions(interceptor.Config{
		Logger: logger, Now: time.Now, Tokens: auth.NewTokens([]auth.Caller{caller}, time.Now), Policy: policy,
		Validator: validator,
	})
}

// fixedPayments answers every read with the same payment.
type fixedPayments struct {
	paymentsv1.UnimplementedPaymentServiceServer
}

func (fixedPayments) GetPayment(context.Context, *paymentsv1.GetPaymentRequest) (*paymentsv1.GetPaymentResponse, error) {
	amount := &paymentsv1.Money{MinorUnits: 2000, CurrencyCode: "USD"}
	return &paymentsv1.GetPaymentResponse{Payment: &paymentsv1.Payment{
		Id: "pi_3MtwBwLkdIwHu7ix28a3tqPa", State: paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED, Amount: amount,
		AmountReceived: amount, PaymentMethodId: "pm_1MtwBwLkdIwHu7ix28a3tqPa", CreateTime: timestamppb.Now(),
		Metadata: map[string]string{"order": "1001"}, PaymentMethodTypes: []string{"card"},
		LatestCharge: &paymentsv1.Charge{Id: "ch_3MtwBwLkdIwHu7ix28a3tqPa", RawStatus: "succeeded", AmountCaptured: amount},
	}}, nil
}

func serveFixed(b *testing.B, options ...grpc.ServerOption) paymentsv1.PaymentServiceClient {
	b.Helper()
	return serve(b, fixedPayments{}, options...)
}

// serve serves payments on a port of its own, and returns a client.
func serve(
	b *testing.B, payments paymentsv1.PaymentServiceServer, options ...grpc.ServerOption,
) paymentsv1.PaymentServiceClient {
	b.Helper()
	listener, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := grpc.NewServer(options...)
	paymentsv1.RegisterPaymentServiceServer(server, payments)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = conn.Close()
		server.Stop()
		if err := <-served; err != nil {
			b.Error(err)
		}
	})
	return paymentsv1.NewPaymentServiceClient(conn)
}
