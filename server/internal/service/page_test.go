package service_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/service"
)

// clientLimit is what gRPC clients take by default.
const clientLimit = 4 << 20

// heavyMetadata is all that Stripe keeps beside one object, in characters of three bytes: about 75 KB.
func heavyMetadata() map[string]string {
	heavy := map[string]string{}
	for i := range 49 {
		heavy[fmt.Sprintf("key%02d", i)] = strings.Repeat("\u20ac", 500)
	}
	return heavy
}

// A page that would be too large for a client is cut short, and what was cut stands on the next one. What a write answers
// is one object, and always small enough.
func TestM51_HeavyPages(t *testing.T) {
	reads := &fakeReader{payments: manyPayments(130, succeeded, succeeded, succeeded)}
	for i, payment := range reads.payments {
		payment.Metadata = heavyMetadata()
		reads.refunds = append(reads.refunds, &paymentsv1.Refund{Id: fmt.Sprintf("re_%d", i), Metadata: heavyMetadata()})
	}
	payments := service.NewPayments(&fakeWriter{}, reads, nil)

	seen := map[string]bool{}
	for _, req := range []*paymentsv1.ListPaymentsRequest{
		{PageSize: 100}, {PageSize: 100, States: []paymentsv1.PaymentState{succeeded}},
	} {
		clear(seen)
		for done := false; !done; done = req.GetPageToken() == "" {
			resp, err := payments.ListPayments(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if size := proto.Size(resp); size > clientLimit || len(resp.GetPayments()) == 0 {
				t.Fatalf("a page has %d bytes and %d payments", size, len(resp.GetPayments()))
			}
			for _, payment := range resp.GetPayments() {
				seen[payment.GetId()] = true
			}
			req.PageToken = resp.GetNextPageToken()
		}
		if len(seen) != 130 {
			t.Errorf("%d payments were listed, want 130", len(seen))
		}
	}

	clear(seen)
	req := &paymentsv1.ListRefundsRequest{PageSize: 100}
	for done := false; !done; done = req.GetPageToken() == "" {
		resp, err := payments.ListRefunds(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if size := proto.Size(resp); size > clientLimit || len(resp.GetRefunds()) == 0 {
			t.Fatalf("a page has %d bytes and %d refunds", size, len(resp.GetRefunds()))
		}
		for _, refund := range resp.GetRefunds() {
			seen[refund.GetId()] = true
		}
		req.PageToken = resp.GetNextPageToken()
	}
	if len(seen) != 130 {
		t.Errorf("%d refunds were listed, want 130", len(seen))
	}
}
