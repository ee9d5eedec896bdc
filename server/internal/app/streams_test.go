package app_test

import (
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/app"
)

// A stop ends open streams within a second, with their tokens, while the lame duck still serves; it does not wait for them.
func TestO10_StopWithOpenStreams(t *testing.T) {
	server := startSandboxed(t, "--lame-duck", "2s")
	conn := server.conn(t)
	events, err := paymentsv1.NewEventServiceClient(conn).StreamEvents(dev(t), &paymentsv1.StreamEventsRequest{Consumer: "c"})
	if err != nil {
		t.Fatal(err)
	}
	first, err := events.Recv()
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	server.cancel()
	_, err = events.Recv()
	if took := time.Since(begin); took > time.Second {
		t.Errorf("it took %v", took)
	}
	info := &errdetails.ErrorInfo{}
	for _, detail := range status.Convert(err).Details() {
		if found, ok := detail.(*errdetails.ErrorInfo); ok {
			info = found
		}
	}
	if status.Code(err) != codes.Unavailable || info.GetReason() != "STREAM_ENDED" ||
		info.GetMetadata()["resume_token"] != first.GetResumeToken() {
		t.Errorf("the stream ended with %v %v", err, info)
	}
	if code := server.stop(t); code != app.ExitOK {
		t.Errorf("the exit code is %d, want 0", code)
	}
}

// A payment is watched from when it waits for the customer until it is paid.
func TestWatchPaymentUntilItIsPaid(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	created, err := client.CreatePayment(dev(t), order("order-9801-attempt-1", "pm_card_threeDSecure2Required"))
	if err != nil {
		t.Fatal(err)
	}
	id := created.GetPayment().GetId()
	watch, err := paymentsv1.NewPaymentServiceClient(p.conn(t)).WatchPayment(dev(t), &paymentsv1.WatchPaymentRequest{PaymentId: id})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := watch.Recv()
	if err != nil || resp.GetPayment().GetState() != paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_ACTION {
		t.Fatalf("at first: %v, %v", resp, err)
	}
	p.authenticate(t, id, "succeed")
	for {
		next, err := watch.Recv()
		if err != nil {
			if err.Error() != "EOF" || resp.GetPayment().GetState() != paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED {
				t.Errorf("it ended with %v, after %v", err, resp)
			}
			return
		}
		resp = next
	}
}
