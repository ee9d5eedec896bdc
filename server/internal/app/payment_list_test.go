package app_test

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// pages reads a list to its end and returns the ids and how many pages there were.
func pages(
	t *testing.T, client paymentsv1.PaymentServiceClient, request *paymentsv1.ListPaymentsRequest,
) (ids []string, count int) {
	t.Helper()
	request = proto.CloneOf(request)
	for {
		page, err := client.ListPayments(dev(t), request)
		if err != nil {
			t.Fatal(err)
		}
		for _, payment := range page.GetPayments() {
			ids = append(ids, payment.GetId())
		}
		if count++; page.GetNextPageToken() == "" {
			return ids, count
		}
		request.PageToken = page.GetNextPageToken()
	}
}

func TestListPayments(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	var all, paid, open []string
	var made []*paymentsv1.Payment
	for i := range 9 {
		request := order(fmt.Sprintf("list-1001-attempt-%d", i), visa)
		if i%3 == 2 {
			request = held(request.GetIdempotencyKey())
		}
		payment := create(t, client, request)
		all, made = slices.Insert(all, 0, payment.GetId()), slices.Insert(made, 0, payment)
		if i%3 == 2 {
			open = slices.Insert(open, 0, payment.GetId())
		} else {
			paid = slices.Insert(paid, 0, payment.GetId())
		}
		p.advance(t, 10*time.Second)
	}
	page, err := client.ListPayments(dev(t), &paymentsv1.ListPaymentsRequest{})
	if err != nil || len(page.GetPayments()) != 9 || page.GetNextPageToken() != "" {
		t.Fatalf("got %v, %v, want all on one page", page, err)
	}
	for i, payment := range page.GetPayments() {
		if !proto.Equal(payment, made[i]) {
			t.Errorf("the list has %v, want it as it was created: %v", payment, made[i])
		}
	}

	fourth := made[5].GetCreateTime()
	later := &timestamppb.Timestamp{Seconds: fourth.GetSeconds() + 1}
	for _, tt := range []struct {
		name  string
		req   *paymentsv1.ListPaymentsRequest
		want  []string
		pages int
	}{
		{"one by one", &paymentsv1.ListPaymentsRequest{PageSize: 1}, all, 9},
		{"two at a time", &paymentsv1.ListPaymentsRequest{PageSize: 2}, all, 5},
		{"three at a time", &paymentsv1.ListPaymentsRequest{PageSize: 3}, all, 3},
		{"the held ones", &paymentsv1.ListPaymentsRequest{States: states(needsCapture)}, open, 1},
		{"the held ones, one by one", &paymentsv1.ListPaymentsRequest{PageSize: 1, States: states(needsCapture)}, open, 4},
		{"the paid ones, two at a time", &paymentsv1.ListPaymentsRequest{PageSize: 2, States: states(succeeded)}, paid, 3},
		{"both", &paymentsv1.ListPaymentsRequest{PageSize: 4, States: states(succeeded, needsCapture)}, all, 3},
		{"none", &paymentsv1.ListPaymentsRequest{States: states(canceled)}, nil, 1},
		{"from the fourth on", &paymentsv1.ListPaymentsRequest{StartTime: fourth}, all[:6], 1},
		{"before the fourth", &paymentsv1.ListPaymentsRequest{EndTime: fourth}, all[6:], 1},
		{"the fourth alone", &paymentsv1.ListPaymentsRequest{StartTime: fourth, EndTime: later}, all[5:6], 1},
		{"behind the fourth, one by one", &paymentsv1.ListPaymentsRequest{PageSize: 1, StartTime: later}, all[:5], 5},
		{"before 1970", &paymentsv1.ListPaymentsRequest{EndTime: &timestamppb.Timestamp{Seconds: -1}}, nil, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, n := pages(t, client, tt.req)
			if !slices.Equal(got, tt.want) || n != tt.pages {
				t.Errorf("got %v on %d pages, want %v on %d", got, n, tt.want, tt.pages)
			}
		})
	}
}

// pageSizes are those that a caller may ask for, and what it gets of 105 items.
var pageSizes = []struct {
	size int32
	want int
}{{0, 20}, {1, 1}, {100, 100}, {101, 100}, {math.MaxInt32, 100}}

func TestPageSizes(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	empty := order("", "")
	empty.Confirm = false
	for i := range 105 {
		empty.IdempotencyKey = fmt.Sprintf("list-2001-attempt-%d", i)
		create(t, client, empty)
	}
	giving := order("list-2002-attempt-1", visa)
	giving.Amount = usd(105)
	source := create(t, client, giving)
	for i := range 105 {
		giveBack(t, client, refund(fmt.Sprintf("list-2002-refund-%d", i), source.GetId(), usd(1)))
	}
	for _, tt := range pageSizes {
		payments, err := client.ListPayments(dev(t), &paymentsv1.ListPaymentsRequest{PageSize: tt.size})
		if err != nil || len(payments.GetPayments()) != tt.want || payments.GetNextPageToken() == "" {
			t.Errorf("%d: %d payments, %v, want %d and more", tt.size, len(payments.GetPayments()), err, tt.want)
		}
		refunds, err := client.ListRefunds(dev(t), &paymentsv1.ListRefundsRequest{PageSize: tt.size})
		if err != nil || len(refunds.GetRefunds()) != tt.want || refunds.GetNextPageToken() == "" {
			t.Errorf("%d: %d refunds, %v, want %d and more", tt.size, len(refunds.GetRefunds()), err, tt.want)
		}
	}
	for _, size := range []int32{-1, math.MinInt32} {
		_, err := client.ListPayments(dev(t), &paymentsv1.ListPaymentsRequest{PageSize: size})
		check(t, err, codes.InvalidArgument, "INVALID_FIELD", "page_size")
		_, err = client.ListRefunds(dev(t), &paymentsv1.ListRefundsRequest{PageSize: size})
		check(t, err, codes.InvalidArgument, "INVALID_FIELD", "page_size")
	}
	if ids, n := pages(t, client, &paymentsv1.ListPaymentsRequest{PageSize: 100}); len(ids) != 106 || n != 2 {
		t.Errorf("%d payments on %d pages, want 106 on 2", len(ids), n)
	}
}

func TestBadPages(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	payment := create(t, client, order("list-3001-attempt-1", visa))
	create(t, client, order("list-3002-attempt-1", visa))
	for i := range 2 {
		giveBack(t, client, refund(fmt.Sprintf("list-3001-refund-%d", i), payment.GetId(), usd(100)))
	}
	payments, err := client.ListPayments(dev(t), &paymentsv1.ListPaymentsRequest{PageSize: 1})
	if err != nil || payments.GetNextPageToken() == "" {
		t.Fatalf("got %v, %v, want a token", payments, err)
	}
	refunds, err := client.ListRefunds(dev(t), &paymentsv1.ListRefundsRequest{PageSize: 1})
	if err != nil || refunds.GetNextPageToken() == "" {
		t.Fatalf("got %v, %v, want a token", refunds, err)
	}
	good, foreign := payments.GetNextPageToken(), refunds.GetNextPageToken()
	tampered := []byte(good)
	tampered[len(tampered)-2] ^= 1
	now := timestamppb.Now()
	for _, tt := range []struct {
		name  string
		req   *paymentsv1.ListPaymentsRequest
		field string
	}{
		{"tampered", &paymentsv1.ListPaymentsRequest{PageToken: string(tampered)}, "page_token"},
		{"cut", &paymentsv1.ListPaymentsRequest{PageToken: good[:len(good)-4]}, "page_token"},
		{"longer", &paymentsv1.ListPaymentsRequest{PageToken: good + "AAAA"}, "page_token"},
		{"of refunds", &paymentsv1.ListPaymentsRequest{PageToken: foreign}, "page_token"},
		{"of other states", &paymentsv1.ListPaymentsRequest{PageToken: good, States: states(succeeded)}, "page_token"},
		{"of another customer", &paymentsv1.ListPaymentsRequest{PageToken: good, CustomerId: "cus_1"}, "page_token"},
		{"of another time", &paymentsv1.ListPaymentsRequest{PageToken: good, StartTime: now}, "page_token"},
		{"an id", &paymentsv1.ListPaymentsRequest{PageToken: payment.GetId()}, "page_token"},
		{"no token at all", &paymentsv1.ListPaymentsRequest{PageToken: "\x00canary"}, "page_token"},
		{"very long", &paymentsv1.ListPaymentsRequest{PageToken: string(slices.Repeat([]byte("A"), 513))}, "page_token"},
		{"a card number", &paymentsv1.ListPaymentsRequest{PageToken: "4242 4242 4242 4242"}, "page_token"},
		{"unknown customer", &paymentsv1.ListPaymentsRequest{CustomerId: "cus_unknown"}, "customer_id"},
		{"customer of another kind", &paymentsv1.ListPaymentsRequest{CustomerId: "pi_1"}, "customer_id"},
		{
			"end before start", &paymentsv1.ListPaymentsRequest{StartTime: now, EndTime: &timestamppb.Timestamp{}},
			"start_time",
		},
		{"end at start", &paymentsv1.ListPaymentsRequest{StartTime: now, EndTime: now}, "start_time"},
		{"no time", &paymentsv1.ListPaymentsRequest{EndTime: &timestamppb.Timestamp{Nanos: -1}}, "end_time"},
		{"unknown state", &paymentsv1.ListPaymentsRequest{States: states(99)}, "states[0]"},
		{"no state", &paymentsv1.ListPaymentsRequest{States: states(0)}, "states[0]"},
		{"a state twice", &paymentsv1.ListPaymentsRequest{States: states(succeeded, succeeded)}, "states"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := client.ListPayments(dev(t), tt.req)
			check(t, err, codes.InvalidArgument, "INVALID_FIELD", tt.field)
		})
	}
	for name, req := range map[string]*paymentsv1.ListRefundsRequest{
		"page_token": {PageToken: good}, "payment_id": {PaymentId: "pi_unknown"},
	} {
		_, err := client.ListRefunds(dev(t), req)
		check(t, err, codes.InvalidArgument, "INVALID_FIELD", name)
	}
	// The token is stale once what it points to is gone.
	p.steer(t, "reset", struct{}{})
	_, err = client.ListPayments(dev(t), &paymentsv1.ListPaymentsRequest{PageToken: good})
	check(t, err, codes.InvalidArgument, "INVALID_FIELD", "page_token")
	_, err = client.ListRefunds(dev(t), &paymentsv1.ListRefundsRequest{PageToken: foreign})
	check(t, err, codes.InvalidArgument, "INVALID_FIELD", "page_token")
}

func TestListRefunds(t *testing.T) {
	client := startSandboxed(t).connect(t)
	var all []*paymentsv1.Refund
	ids := []string{
		create(t, client, order("list-4001-attempt-1", visa)).GetId(), create(t, client,
			order("list-4002-attempt-1", visa)).GetId(),
	}
	for i := range 6 {
		made := giveBack(t, client, refund(fmt.Sprintf("list-4001-refund-%d", i), ids[i%2], usd(100)))
		all = slices.Insert(all, 0, made)
	}
	for _, tt := range []struct {
		payment string
		want    []*paymentsv1.Refund
	}{
		{
			"", all,
		}, {ids[0], []*paymentsv1.Refund{all[1], all[3], all[5]}}, {
			ids[1], []*paymentsv1.Refund{
				all[0],
				all[2], all[4],
			},
		},
	} {
		for _, size := range []int32{0, 1, 2, 3} {
			var got []*paymentsv1.Refund
			request := &paymentsv1.ListRefundsRequest{PaymentId: tt.payment, PageSize: size}
			for {
				page, err := client.ListRefunds(dev(t), request)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, page.GetRefunds()...)
				if request.PageToken = page.GetNextPageToken(); request.GetPageToken() == "" {
					break
				}
			}
			equal := func(a, b *paymentsv1.Refund) bool { return proto.Equal(a, b) }
			if !slices.EqualFunc(got, tt.want, equal) {
				t.Errorf("of %q, %d at a time: got %v, want %v", tt.payment, size, got, tt.want)
			}
		}
	}
}

// A list is a read: Stripe's troubles are told as such.
func TestListsWhenStripeFails(t *testing.T) {
	p := startSandboxed(t)
	p.deaf(t)
	client := p.connect(t)
	create(t, client, order("list-5001-attempt-1", visa))
	for _, fault := range []map[string]any{
		{"kind": "502_html"},
		{"kind": "truncate"},
		{"kind": "status", "status": 200, "body": map[string]any{}},
		{"kind": "status", "status": 200, "body": map[string]any{"object": "list", "data": []any{}}},
	} {
		before := p.requests(t, http.MethodGet)
		p.fault(t, fault)
		_, err := client.ListPayments(dev(t), &paymentsv1.ListPaymentsRequest{})
		compare(t, fmt.Sprint(fault["kind"]), err, codes.Unavailable, "STRIPE_UNAVAILABLE")
		if sent := p.requests(t, http.MethodGet) - before; sent != 1 {
			t.Errorf("%v: %d requests, want 1", fault, sent)
		}
	}
}
