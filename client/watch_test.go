package client_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

const (
	needsAction = paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_ACTION
	processing  = paymentsv1.PaymentState_PAYMENT_STATE_PROCESSING
	succeeded   = paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED
	canceled    = paymentsv1.PaymentState_PAYMENT_STATE_CANCELED
)

// watched is what one stream tells, and how it ends.
type watched struct {
	states []paymentsv1.PaymentState
	end    error
}

// serveWatch returns a client of a server that has these streams, in turn.
func serveWatch(t *testing.T, streams ...watched) (*client.Client, func() int) {
	t.Helper()
	calls := 0
	f := &fake{options: []grpc.ServerOption{pings}, watch: func(call int, stream grpc.ServerStreamingServer[paymentsv1.WatchPaymentResponse]) error {
		calls = call
		told := streams[min(call, len(streams))-1]
		for _, state := range told.states {
			payment := &paymentsv1.Payment{Id: "pi_1", State: state}
			if err := stream.Send(&paymentsv1.WatchPaymentResponse{Payment: payment}); err != nil {
				return err
			}
		}
		if told.end == errOpen { //nolint:errorlint // it is no error, but a sign
			<-stream.Context().Done()
			return stream.Context().Err()
		}
		return told.end
	}}
	return f.serve(t), func() int { return calls }
}

var errOpen = errors.New("the stream stays open")

// collect watches to the end.
func collect(ctx context.Context, c *client.Client) (states []paymentsv1.PaymentState, last error) {
	for payment, err := range c.WatchPayment(ctx, "pi_1") {
		if err != nil {
			last = err
			continue
		}
		states = append(states, payment.GetState())
		payment.State = 0 // It is the caller's.
	}
	return states, last
}

func TestWatchPayment(t *testing.T) {
	away := status.Error(codes.Unavailable, "")
	ended := refuse(codes.Unavailable, "STREAM_ENDED", retryIn(time.Second))
	for _, tt := range []struct {
		name    string
		streams []watched
		want    []paymentsv1.PaymentState
		err     codes.Code
		calls   int
	}{
		{"it is over already", []watched{{[]paymentsv1.PaymentState{succeeded}, nil}}, []paymentsv1.PaymentState{succeeded}, codes.OK, 1},
		{
			"it goes on",
			[]watched{{[]paymentsv1.PaymentState{needsAction, processing, canceled}, errOpen}},
			[]paymentsv1.PaymentState{needsAction, processing, canceled},
			codes.OK, 1,
		},
		{
			"streams break",
			[]watched{
				{nil, away},
				{[]paymentsv1.PaymentState{needsAction}, ended},
				{[]paymentsv1.PaymentState{needsAction}, nil},
				{[]paymentsv1.PaymentState{needsAction, processing}, away},
				{[]paymentsv1.PaymentState{succeeded}, nil},
			},
			[]paymentsv1.PaymentState{needsAction, processing, succeeded},
			codes.OK, 5,
		},
		{"there is none", []watched{{nil, refuse(codes.NotFound, "RESOURCE_MISSING")}}, nil, codes.NotFound, 1},
		{
			"the right ends",
			[]watched{{[]paymentsv1.PaymentState{processing}, refuse(codes.PermissionDenied, "SCOPE_MISSING")}},
			[]paymentsv1.PaymentState{processing},
			codes.PermissionDenied, 1,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, calls := serveWatch(t, tt.streams...)
				states, err := collect(within(t, time.Hour), c)
				if diff := cmp.Diff(tt.want, states); diff != "" {
					t.Errorf("told other states (-want +got):\n%s", diff)
				}
				if status.Code(err) != tt.err || calls() != tt.calls {
					t.Errorf("got %v after %d streams", err, calls())
				}
			})
		})
	}
}

// The context's end is the loop's, with its error; a loop that is left ends the stream.
func TestWatchPaymentEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := serveWatch(t, watched{[]paymentsv1.PaymentState{processing}, errOpen})
		states, err := collect(within(t, time.Hour), c)
		if !errors.Is(err, context.DeadlineExceeded) || len(states) != 1 {
			t.Errorf("got %v after %v", err, states)
		}
		for payment, err := range c.WatchPayment(t.Context(), "pi_1") {
			if err != nil || payment.GetId() != "pi_1" {
				t.Errorf("got %v, %v", payment, err)
			}
			break
		}
	})
}
