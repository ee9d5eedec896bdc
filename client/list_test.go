package client_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// book is a PaymentService client that gives pages by their token.
type book struct {
	paymentsv1.PaymentServiceClient

	pages map[string]page
	asked []*paymentsv1.ListPaymentsRequest
}

type page struct {
	ids, next string
	err       error
}

func (b *book) ListPayments(
	_ context.Context, req *paymentsv1.ListPaymentsRequest, _ ...grpc.CallOption,
) (*paymentsv1.ListPaymentsResponse, error) {
	b.asked = append(b.asked, req)
	page := b.pages[req.GetPageToken()]
	resp := &paymentsv1.ListPaymentsResponse{NextPageToken: page.next}
	for id := range strings.FieldsSeq(page.ids) {
		resp.Payments = append(resp.Payments, &paymentsv1.Payment{Id: id})
	}
	return resp, page.err
}

func (b *book) ListRefunds(
	_ context.Context, req *paymentsv1.ListRefundsRequest, _ ...grpc.CallOption,
) (*paymentsv1.ListRefundsResponse, error) {
	page := b.pages[req.GetPageToken()]
	resp := &paymentsv1.ListRefundsResponse{NextPageToken: page.next}
	for id := range strings.FieldsSeq(page.ids) {
		resp.Refunds = append(resp.Refunds, &paymentsv1.Refund{Id: id, PaymentId: req.GetPaymentId()})
	}
	return resp, page.err
}

var errRefused = errors.New("refused")

func TestListPayments(t *testing.T) {
	for _, tt := range []struct {
		name  string
		pages map[string]page
		first string
		stop  string
		want  string
		calls int
	}{
		{"nothing", map[string]page{"": {}}, "", "", "", 1},
		{"one page", map[string]page{"": {ids: "a b"}}, "", "", "a b", 1},
		{
			"three pages",
			map[string]page{"": {ids: "a b", next: "1"}, "1": {ids: "c", next: "2"}, "2": {ids: "d"}},
			"", "", "a b c d", 3,
		},
		{"empty pages between", map[string]page{"": {next: "1"}, "1": {next: "2"}, "2": {ids: "d"}}, "", "", "d", 3},
		{"from a token on", map[string]page{"": {ids: "a", next: "1"}, "1": {ids: "c"}}, "1", "", "c", 1},
		{"break in a page", map[string]page{"": {ids: "a b c", next: "1"}}, "", "b", "a b", 1},
		{"break at the end of a page", map[string]page{"": {ids: "a b", next: "1"}}, "", "b", "a b", 1},
		{"error at once", map[string]page{"": {err: errRefused}}, "", "", "refused", 1},
		{"error later", map[string]page{"": {ids: "a", next: "1"}, "1": {ids: "b", err: errRefused}}, "", "", "a refused", 2},
		{"the same token", map[string]page{"": {ids: "a", next: "1"}, "1": {ids: "b", next: "1"}}, "", "", "a b again", 2},
		{
			"a circle",
			map[string]page{"": {ids: "a", next: "1"}, "1": {ids: "b", next: "2"}, "2": {ids: "c", next: "1"}},
			"", "", "a b c again", 3,
		},
		{
			"a circle to the first",
			map[string]page{"1": {ids: "b", next: "2"}, "2": {ids: "c", next: "1"}},
			"1", "", "b c again", 2,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := &book{pages: tt.pages}
			req := &paymentsv1.ListPaymentsRequest{PageSize: 7, CustomerId: "cus_1", PageToken: tt.first}
			before := proto.CloneOf(req)
			list := client.ListPayments(t.Context(), b, req)
			req.CustomerId = "cus_2" // the loop goes by what it was given

			for round := range 2 {
				b.asked = nil
				var got []string
				for payment, err := range list {
					switch {
					case errors.Is(err, errRefused):
						got = append(got, "refused")
					case err != nil:
						got = append(got, "again")
					default:
						got = append(got, payment.GetId())
					}
					if (payment == nil) == (err == nil) {
						t.Errorf("got %v and %v, want one of the two", payment, err)
					}
					if payment.GetId() == tt.stop && tt.stop != "" {
						break
					}
				}
				if strings.Join(got, " ") != tt.want || len(b.asked) != tt.calls {
					t.Errorf("round %d: got %q in %d calls, want %q in %d", round, got, len(b.asked), tt.want, tt.calls)
				}
				if got := b.asked[0].GetPageToken(); got != tt.first {
					t.Errorf("began with the token %q, want %q: the request of a page was used for the next one", got, tt.first)
				}
				for _, asked := range b.asked {
					if asked.GetPageSize() != 7 || asked.GetCustomerId() != "cus_1" {
						t.Errorf("asked for %v", asked)
					}
				}
			}
			req.CustomerId = "cus_1"
			if !proto.Equal(req, before) {
				t.Errorf("the request was changed to %v", req)
			}
		})
	}
}

func TestListPaymentsTakesNoRequestForAllPayments(t *testing.T) {
	for payment, err := range client.ListPayments(t.Context(), &book{pages: map[string]page{"": {ids: "a"}}}, nil) {
		if err != nil || payment.GetId() != "a" {
			t.Errorf("got %v, %v", payment, err)
		}
	}
}

// register is a CustomerService client that gives pages by their token.
type register struct {
	paymentsv1.CustomerServiceClient

	pages map[string]page
}

func (r *register) ListCustomers(
	_ context.Context, req *paymentsv1.ListCustomersRequest, _ ...grpc.CallOption,
) (*paymentsv1.ListCustomersResponse, error) {
	page := r.pages[req.GetPageToken()]
	resp := &paymentsv1.ListCustomersResponse{NextPageToken: page.next}
	for id := range strings.FieldsSeq(page.ids) {
		resp.Customers = append(resp.Customers, &paymentsv1.Customer{Id: id, Email: req.GetEmail()})
	}
	return resp, page.err
}

func (r *register) ListPaymentMethods(
	_ context.Context, req *paymentsv1.ListPaymentMethodsRequest, _ ...grpc.CallOption,
) (*paymentsv1.ListPaymentMethodsResponse, error) {
	page := r.pages[req.GetPageToken()]
	resp := &paymentsv1.ListPaymentMethodsResponse{NextPageToken: page.next}
	for id := range strings.FieldsSeq(page.ids) {
		resp.PaymentMethods = append(resp.PaymentMethods, &paymentsv1.PaymentMethod{Id: id, CustomerId: req.GetCustomerId()})
	}
	return resp, page.err
}

func TestListCustomers(t *testing.T) {
	r := &register{pages: map[string]page{"": {ids: "a", next: "1"}, "1": {ids: "b", next: "2"}, "2": {err: errRefused}}}
	var got []string
	for customer, err := range client.ListCustomers(t.Context(), r, &paymentsv1.ListCustomersRequest{Email: "ada@"}) {
		got = append(got, fmt.Sprint(customer.GetEmail(), customer.GetId(), err))
	}
	if want := "ada@a<nil> ada@b<nil> refused"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestListPaymentMethods(t *testing.T) {
	r := &register{pages: map[string]page{"": {ids: "a", next: "1"}, "1": {ids: "b", next: "2"}, "2": {err: errRefused}}}
	var got []string
	req := &paymentsv1.ListPaymentMethodsRequest{CustomerId: "cus_1"}
	for method, err := range client.ListPaymentMethods(t.Context(), r, req) {
		got = append(got, fmt.Sprint(method.GetCustomerId(), method.GetId(), err))
	}
	if want := "cus_1a<nil> cus_1b<nil> refused"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestListRefunds(t *testing.T) {
	b := &book{pages: map[string]page{"": {ids: "a", next: "1"}, "1": {ids: "b", next: "2"}, "2": {err: errRefused}}}
	var got []string
	for refund, err := range client.ListRefunds(t.Context(), b, &paymentsv1.ListRefundsRequest{PaymentId: "pi_1"}) {
		got = append(got, fmt.Sprint(refund.GetPaymentId(), refund.GetId(), err))
	}
	if want := "pi_1a<nil> pi_1b<nil> refused"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
