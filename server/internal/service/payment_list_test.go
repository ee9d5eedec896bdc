package service_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/service"
)

const (
	succeeded = paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED
	canceled  = paymentsv1.PaymentState_PAYMENT_STATE_CANCELED
	waiting   = paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_CAPTURE
)

// everyPage pages to the end and returns all ids, in the order in which they came.
func everyPage(t *testing.T, s *service.Payments, req *paymentsv1.ListPaymentsRequest, between func()) []string {
	t.Helper()
	req = proto.CloneOf(req)
	var ids []string
	for range 10_000 {
		resp, err := s.ListPayments(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, payment := range resp.GetPayments() {
			ids = append(ids, payment.GetId())
		}
		if resp.GetNextPageToken() == "" {
			return ids
		}
		req.PageToken = resp.GetNextPageToken()
		between()
	}
	t.Fatal("it never ends")
	return nil
}

// Whatever the states, the page sizes and the filter, every payment that fits comes once and in order, also while new
// ones are made.
func TestListPaymentsLosesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	all := []paymentsv1.PaymentState{succeeded, canceled, waiting}
	for range 300 {
		reads := &fakeReader{payments: manyPayments(random.IntN(1300), all[random.IntN(3)], all[random.IntN(3)], succeeded)}
		req := &paymentsv1.ListPaymentsRequest{PageSize: random.Int32N(130), States: all[:random.IntN(4)]}
		var want []string
		for _, payment := range reads.payments {
			if len(req.GetStates()) == 0 || slices.Contains(req.GetStates(), payment.GetState()) {
				want = append(want, payment.GetId())
			}
		}
		got := everyPage(t, service.NewPayments(&fakeWriter{}, reads, nil), req, func() {
			newer := &paymentsv1.Payment{Id: "pi_newer" + string(rune('a'+random.IntN(26))), State: succeeded}
			reads.payments = append([]*paymentsv1.Payment{newer}, reads.payments...)
		})
		if !slices.Equal(got, want) {
			t.Fatalf("%v of %d payments: got %d ids, want %d", req, len(reads.payments), len(got), len(want))
		}
	}
}

// One call reads at most 5 of Stripe's pages, and a page that is short has a successor.
func TestListPaymentsScansFivePages(t *testing.T) {
	payments := append(manyPayments(777, canceled), &paymentsv1.Payment{Id: "pi_0", State: succeeded})
	reads := &fakeReader{payments: payments}
	s := service.NewPayments(&fakeWriter{}, reads, nil)
	req := &paymentsv1.ListPaymentsRequest{PageSize: 1, States: []paymentsv1.PaymentState{succeeded}}
	first, err := s.ListPayments(t.Context(), req)
	if err != nil || len(first.GetPayments()) != 0 || first.GetNextPageToken() == "" || len(reads.limits) != 5 {
		t.Fatalf("got %v, %v after %d pages; want an empty page with a successor after 5", first, err, len(reads.limits))
	}
	req.PageToken = first.GetNextPageToken()
	second, err := s.ListPayments(t.Context(), req)
	if err != nil || len(second.GetPayments()) != 1 || second.GetNextPageToken() != "" || len(reads.limits) != 8 {
		t.Errorf("got %v, %v after %d pages; want the last payment after 8", second, err, len(reads.limits))
	}
}

// The page ends where the last payment ends, not one later.
func TestListPaymentsEnds(t *testing.T) {
	for _, tt := range []struct {
		payments, size int32
		states         []paymentsv1.PaymentState
		more           bool
	}{
		{0, 5, nil, false},
		{4, 5, nil, false},
		{5, 5, nil, false},
		{6, 5, nil, true},
		{5, 5, []paymentsv1.PaymentState{succeeded}, false},
		{6, 5, []paymentsv1.PaymentState{succeeded}, true},
		{100, 100, []paymentsv1.PaymentState{succeeded}, false},
		{101, 100, []paymentsv1.PaymentState{succeeded}, true},
		{500, 5, []paymentsv1.PaymentState{canceled}, false},
		{501, 5, []paymentsv1.PaymentState{canceled}, true},
	} {
		s := service.NewPayments(&fakeWriter{}, &fakeReader{payments: manyPayments(int(tt.payments), succeeded)}, nil)
		resp, err := s.ListPayments(t.Context(), &paymentsv1.ListPaymentsRequest{PageSize: tt.size, States: tt.states})
		if err != nil || (resp.GetNextPageToken() != "") != tt.more {
			t.Errorf("%+v: a next page is %q, %v", tt, resp.GetNextPageToken(), err)
		}
	}
}

func TestPageSizes(t *testing.T) {
	for _, tt := range []struct {
		size int32
		want int
	}{{0, 20}, {1, 1}, {100, 100}, {101, 100}, {math.MaxInt32, 100}} {
		reads := &fakeReader{payments: manyPayments(300, succeeded)}
		s := service.NewPayments(&fakeWriter{}, reads, nil)
		payments, err := s.ListPayments(t.Context(), &paymentsv1.ListPaymentsRequest{PageSize: tt.size})
		if err != nil || len(payments.GetPayments()) != tt.want || reads.limits[0] != tt.want {
			t.Errorf("%d: %d payments, read with the limit %v, %v; want %d", tt.size, len(payments.GetPayments()),
				reads.limits, err, tt.want)
		}
		filtered, err := s.ListPayments(t.Context(), &paymentsv1.ListPaymentsRequest{
			PageSize: tt.size, States: []paymentsv1.PaymentState{succeeded},
		})
		if err != nil || len(filtered.GetPayments()) != tt.want || reads.limits[1] != 100 {
			t.Errorf("%d with a state: %d payments, read with the limit %v, %v", tt.size, len(filtered.GetPayments()),
				reads.limits, err)
		}
	}
}

func TestListPaymentsRefuses(t *testing.T) {
	at := func(seconds int64, nanos int32) *timestamppb.Timestamp {
		return &timestamppb.Timestamp{Seconds: seconds, Nanos: nanos}
	}
	for _, tt := range []struct {
		name  string
		req   *paymentsv1.ListPaymentsRequest
		field string
	}{
		{
			"the end before the start", &paymentsv1.ListPaymentsRequest{StartTime: at(200, 0), EndTime: at(100, 0)},
			"start_time",
		},
		{"no time between", &paymentsv1.ListPaymentsRequest{StartTime: at(100, 0), EndTime: at(100, 0)}, "start_time"},
		{
			"less than a second between", &paymentsv1.ListPaymentsRequest{StartTime: at(100, 0), EndTime: at(100, 9)},
			"start_time",
		},
		{"a start that is no time", &paymentsv1.ListPaymentsRequest{StartTime: at(100, -1)}, "start_time"},
		{"an end that is no time", &paymentsv1.ListPaymentsRequest{EndTime: at(math.MaxInt64, 0)}, "end_time"},
		{"a token that is none", &paymentsv1.ListPaymentsRequest{PageToken: "next"}, "page_token"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reads := &fakeReader{}
			_, err := service.NewPayments(&fakeWriter{}, reads, nil).ListPayments(t.Context(), tt.req)
			refused(t, err, tt.field)
			if len(reads.limits) != 0 {
				t.Error("Stripe was asked all the same")
			}
		})
	}
}

// A token goes with its arguments and its rpc; the page size may change.
func TestPageTokens(t *testing.T) {
	reads := &fakeReader{payments: manyPayments(30, succeeded)}
	for i := range 30 {
		reads.refunds = append(reads.refunds, &paymentsv1.Refund{Id: "re_" + string(rune('A'+i))})
	}
	s := service.NewPayments(&fakeWriter{}, reads, nil)
	payments, err := s.ListPayments(t.Context(), &paymentsv1.ListPaymentsRequest{CustomerId: "cus_1"})
	if err != nil {
		t.Fatal(err)
	}
	refunds, err := s.ListRefunds(t.Context(), &paymentsv1.ListRefundsRequest{PaymentId: "pi_1"})
	if err != nil || len(refunds.GetRefunds()) != 20 {
		t.Fatalf("got %v, %v, want 20 refunds", refunds, err)
	}

	token := payments.GetNextPageToken()
	again, err := s.ListPayments(t.Context(), &paymentsv1.ListPaymentsRequest{
		CustomerId: "cus_1", PageSize: 3,
		PageToken: token,
	})
	if err != nil || len(again.GetPayments()) != 3 || again.GetPayments()[0].GetId() != "pi_00010" {
		t.Errorf("with another page size: %v, %v", again, err)
	}
	_, err = s.ListPayments(t.Context(), &paymentsv1.ListPaymentsRequest{CustomerId: "cus_2", PageToken: token})
	refused(t, err, "page_token")
	_, err = s.ListRefunds(t.Context(), &paymentsv1.ListRefundsRequest{PageToken: token})
	refused(t, err, "page_token")
	_, err = s.ListPayments(t.Context(), &paymentsv1.ListPaymentsRequest{PageToken: refunds.GetNextPageToken()})
	refused(t, err, "page_token")

	rest, err := s.ListRefunds(t.Context(), &paymentsv1.ListRefundsRequest{
		PaymentId: "pi_1", PageToken: refunds.GetNextPageToken(),
	})
	if err != nil || len(rest.GetRefunds()) != 10 || rest.GetNextPageToken() != "" {
		t.Errorf("got %v, %v, want the other 10 refunds", rest, err)
	}
}

func TestListErrors(t *testing.T) {
	broken := errors.New("canary")
	s := service.NewPayments(&fakeWriter{}, &fakeReader{err: broken}, nil)
	if _, err := s.ListPayments(t.Context(), &paymentsv1.ListPaymentsRequest{}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if _, err := s.ListRefunds(t.Context(), &paymentsv1.ListRefundsRequest{}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
