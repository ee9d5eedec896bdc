package service_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/service"
)

func TestListCustomers(t *testing.T) {
	reads := &fakeCustomers{}
	for i := range 130 {
		reads.customers = append(reads.customers, &paymentsv1.Customer{Id: fmt.Sprintf("cus_%05d", 130-i)})
	}
	s := service.NewCustomers(&fakeEnsurer{}, reads, false)
	for size, want := range map[int32]int{0: 20, 1: 1, 100: 100, 1000: 100} {
		resp, err := s.ListCustomers(t.Context(), &paymentsv1.ListCustomersRequest{PageSize: size})
		if err != nil || len(resp.GetCustomers()) != want || resp.GetNextPageToken() == "" {
			t.Errorf("page_size %d: %d customers, %v; want %d and a token", size, len(resp.GetCustomers()), err, want)
		}
	}

	var got []string
	req := &paymentsv1.ListCustomersRequest{PageSize: 60, Email: "ada@example.com"}
	for {
		resp, err := s.ListCustomers(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		for _, customer := range resp.GetCustomers() {
			got = append(got, customer.GetId())
		}
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
		if strings.Contains(req.GetPageToken(), "ada") {
			t.Error("the token shows the e-mail address")
		}
		_, err = s.ListCustomers(t.Context(), &paymentsv1.ListCustomersRequest{
			Email: "eve@example.com", PageToken: req.GetPageToken(),
		})
		refused(t, err, "page_token")
	}
	if len(got) != 130 || got[0] != "cus_00130" || got[129] != "cus_00001" {
		t.Errorf("got %d customers, want all 130, the newest first", len(got))
	}

	for field, bad := range map[string]*paymentsv1.ListCustomersRequest{
		"start_time": {StartTime: &timestamppb.Timestamp{Seconds: 100}, EndTime: &timestamppb.Timestamp{Seconds: 100, Nanos: 9}},
		"end_time":   {EndTime: &timestamppb.Timestamp{Seconds: 100, Nanos: -1}},
		"page_token": {PageToken: "next"},
	} {
		before := len(reads.limits)
		_, err := s.ListCustomers(t.Context(), bad)
		refused(t, err, field)
		if len(reads.limits) != before {
			t.Errorf("%s: Stripe was asked all the same", field)
		}
	}
}

// A page of great items ends where a client could not take more, and the token goes on from there.
func TestListPaymentMethods(t *testing.T) {
	reads := &fakeCustomers{}
	for i := range 7 {
		reads.methods = append(reads.methods, &paymentsv1.PaymentMethod{
			Id: fmt.Sprintf("pm_%d", i), Metadata: map[string]string{"k": strings.Repeat("v", 1<<20)},
		})
	}
	s := service.NewCustomers(&fakeEnsurer{}, reads, false)
	req := &paymentsv1.ListPaymentMethodsRequest{CustomerId: "cus_1"}
	var got []string
	for pages := 0; ; pages++ {
		resp, err := s.ListPaymentMethods(t.Context(), req)
		if err != nil || pages > 7 {
			t.Fatalf("page %d: %v", pages, err)
		}
		for _, method := range resp.GetPaymentMethods() {
			got = append(got, method.GetId())
		}
		if req.PageToken = resp.GetNextPageToken(); req.GetPageToken() == "" {
			break
		}
	}
	if strings.Join(got, " ") != "pm_0 pm_1 pm_2 pm_3 pm_4 pm_5 pm_6" || len(reads.limits) < 3 {
		t.Errorf("got %v in %d pages, want each of 7 once, in several pages", got, len(reads.limits))
	}
	token := func() string {
		resp, err := s.ListPaymentMethods(t.Context(), &paymentsv1.ListPaymentMethodsRequest{CustomerId: "cus_1", PageSize: 1})
		if err != nil {
			t.Fatal(err)
		}
		return resp.GetNextPageToken()
	}()
	_, err := s.ListPaymentMethods(t.Context(), &paymentsv1.ListPaymentMethodsRequest{CustomerId: "cus_2", PageToken: token})
	refused(t, err, "page_token")
}

func TestCustomerListErrors(t *testing.T) {
	broken := errors.New("canary")
	s := service.NewCustomers(&fakeEnsurer{}, &fakeCustomers{err: broken}, false)
	if _, err := s.ListCustomers(t.Context(), &paymentsv1.ListCustomersRequest{}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if _, err := s.ListPaymentMethods(t.Context(), &paymentsv1.ListPaymentMethodsRequest{}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
