package service

import (
	"context"
	"slices"

	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/pagetoken"
)

// maxStripePages is how many of Stripe's pages one call reads for payments in the wanted states.
const maxStripePages = 5

// ListPayments implements PaymentService.
func (s *Payments) ListPayments(
	ctx context.Context, req *paymentsv1.ListPaymentsRequest,
) (*paymentsv1.ListPaymentsResponse, error) {
	if err := checkTimes(req.GetStartTime(), req.GetEndTime()); err != nil {
		return nil, err
	}
	after, err := startAfter(req)
	if err != nil {
		return nil, err
	}

	scan := paymentScan{reads: s.reads, req: req, size: pageSize(req), last: after}
	if err := scan.run(ctx); err != nil {
		return nil, err
	}
	if n := fitting(scan.found); n < len(scan.found) {
		scan.found, scan.last, scan.more = scan.found[:n], scan.found[n-1].GetId(), true
	}
	response := &paymentsv1.ListPaymentsResponse{Payments: scan.found}
	if scan.more {
		response.NextPageToken = pagetoken.Encode(scan.last, req)
	}
	return response, nil
}

// checkTimes refuses a time that is none, and a range in which nothing can be. Stripe counts in seconds.
func checkTimes(start, end *timestamppb.Timestamp) error {
	switch {
	case start != nil && !start.IsValid():
		return apierr.InvalidField("start_time", "is no time between the years 1 and 9999")
	case end != nil && !end.IsValid():
		return apierr.InvalidField("end_time", "is no time between the years 1 and 9999")
	case start != nil && end != nil && start.GetSeconds() >= end.GetSeconds():
		return apierr.InvalidField("start_time", "must be before end_time, in whole seconds")
	}
	return nil
}

// paymentScan looks through payments, page by page of Stripe's, for those in the wanted states.
type paymentScan struct {
	reads PaymentReader
	req   *paymentsv1.ListPaymentsRequest
	size  int

	found []*paymentsv1.Payment
	// last is the id of the last payment that was looked at, wanted or not, and more whether there is one behind it. The
	// next call begins there, so that nothing is lost or told twice, however many were looked at in vain.
	last string
	more bool
}

// run looks until the page is full, nothing is left, or maxStripePages were read.
func (s *paymentScan) run(ctx context.Context) error {
	// Where all states are wanted, each payment that is read is one that is told.
	limit := s.size
	if len(s.req.GetStates()) > 0 {
		limit = maxPageSize
	}
	for range maxStripePages {
		payments, more, err := s.reads.PaymentPage(ctx, s.req, s.last, limit)
		if err != nil {
			return err
		}
		s.more = more
		for i, payment := range payments {
			s.last = payment.GetId()
			if !s.wants(payment) {
				continue
			}
			s.found = append(s.found, payment)
			if len(s.found) == s.size {
				s.more = more || i < len(payments)-1
				return nil
			}
		}
		if !more {
			return nil
		}
	}
	return nil
}

func (s *paymentScan) wants(payment *paymentsv1.Payment) bool {
	return len(s.req.GetStates()) == 0 || slices.Contains(s.req.GetStates(), payment.GetState())
}
