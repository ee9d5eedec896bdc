package service_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/service"
)

// onceMore reads and sends until it is over, as often as there are states.
type onceMore struct {
	reader *fakeReader
	states []paymentsv1.PaymentState
	object string
}

func (f *onceMore) Follow(
	ctx context.Context, _ auth.Caller, objectID string,
	read func(context.Context) (proto.Message, bool, error), send func(proto.Message) error,
) error {
	f.object = objectID
	for _, state := range f.states {
		f.reader.payments = []*paymentsv1.Payment{{Id: "pi_1", State: state}}
		m, last, err := read(ctx)
		if err != nil {
			return err
		}
		if err := send(m); err != nil || last {
			return err
		}
	}
	return context.Canceled
}

// sent is a stream that keeps what is sent on it.
type sent struct {
	grpc.ServerStreamingServer[paymentsv1.WatchPaymentResponse]

	ctx      context.Context //nolint:containedctx // it is the stream's
	messages []*paymentsv1.WatchPaymentResponse
}

func (s *sent) Context() context.Context { return s.ctx }

func (s *sent) Send(m *paymentsv1.WatchPaymentResponse) error {
	s.messages = append(s.messages, proto.CloneOf(m))
	m.Payment.State = 0 // as the chain may hide something
	return nil
}

// A payment is watched until nothing becomes of it any more.
func TestWatchPayment(t *testing.T) {
	const (
		action = paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_ACTION
		paid   = paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED
		gone   = paymentsv1.PaymentState_PAYMENT_STATE_CANCELED
	)
	for _, tt := range []struct {
		name   string
		states []paymentsv1.PaymentState
		sent   int
		over   bool
	}{
		{"paid", []paymentsv1.PaymentState{action, paid, paid}, 2, true},
		{"canceled", []paymentsv1.PaymentState{gone, gone}, 1, true},
		{"waiting", []paymentsv1.PaymentState{action, action}, 2, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reader := &fakeReader{}
			follower := &onceMore{reader: reader, states: tt.states}
			stream := &sent{ctx: t.Context()}
			err := service.NewPayments(&fakeWriter{}, reader, follower).WatchPayment(
				&paymentsv1.WatchPaymentRequest{PaymentId: "pi_1"}, stream)
			if (err == nil) != tt.over || follower.object != "pi_1" {
				t.Errorf("watching %s ended with %v", follower.object, err)
			}
			var want []*paymentsv1.WatchPaymentResponse
			for _, state := range tt.states[:tt.sent] {
				want = append(want, &paymentsv1.WatchPaymentResponse{Payment: &paymentsv1.Payment{Id: "pi_1", State: state}})
			}
			if diff := cmp.Diff(want, stream.messages, protocmp.Transform()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	missing := service.NewPayments(&fakeWriter{}, &fakeReader{err: apierr.ResourceMissing("payment", "pi_1")},
		&onceMore{reader: &fakeReader{}, states: []paymentsv1.PaymentState{action}})
	if err := missing.WatchPayment(&paymentsv1.WatchPaymentRequest{PaymentId: "pi_1"}, &sent{ctx: t.Context()}); !isMissing(err) {
		t.Errorf("a payment that is not there: %v", err)
	}
}
