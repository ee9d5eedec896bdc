package service

import (
	"context"
	"fmt"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/call"
	"github.com/tillgate/tillgate/server/internal/operation"
)

// CustomerReader reads all that CustomerService tells.
type CustomerReader interface {
	// GetCustomer returns the customer, what is left of a deleted one, or RESOURCE_MISSING.
	GetCustomer(ctx context.Context, id string) (*paymentsv1.Customer, error)
	// CustomerPage returns up to limit customers that fit the request, the newest first, from behind the one with the id
	// `after` on; and whether there are more.
	CustomerPage(
		ctx context.Context, req *paymentsv1.ListCustomersRequest, after string, limit int,
	) (customers []*paymentsv1.Customer, more bool, err error)
	// GetPayment returns the payment, or RESOURCE_MISSING.
	GetPayment(ctx context.Context, id string) (*paymentsv1.Payment, error)

	PaymentMethodReader
	SetupIntentReader
}

// CustomerWriter runs the writes of CustomerService.
type CustomerWriter interface {
	Writer
	// Ensure runs the write if no other operation has made the object of the reference, or if the one that did is of a
	// generation that is known to be over.
	Ensure(
		ctx context.Context, method string, req operation.Request, reference string, over int64,
	) (operation.Ensured, error)
}

// Customers serves CustomerService.
type Customers struct {
	paymentsv1.UnimplementedCustomerServiceServer

	writes CustomerWriter
	reads  CustomerReader
	live   bool
}

// NewCustomers returns the service. live is whether Stripe's key is: real customers live in real time only.
func NewCustomers(writes CustomerWriter, reads CustomerReader, live bool) *Customers {
	return &Customers{writes: writes, reads: reads, live: live}
}

// CreateCustomer implements CustomerService.
func (s *Customers) CreateCustomer(
	ctx context.Context, req *paymentsv1.CreateCustomerRequest,
) (*paymentsv1.CreateCustomerResponse, error) {
	if s.live && req.GetTestClockId() != "" {
		return nil, apierr.InvalidField("test_clock_id", "is for test mode, and the Stripe key is live")
	}
	if err := checkCustomer(req.GetCustomer(), nil); err != nil {
		return nil, err
	}
	customer, out, err := write[*paymentsv1.Customer](ctx, s.writes,
		paymentsv1.CustomerService_CreateCustomer_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.CreateCustomerResponse{Customer: customer, Replayed: out.Replayed}, nil
}

// GetCustomer implements CustomerService.
func (s *Customers) GetCustomer(
	ctx context.Context, req *paymentsv1.GetCustomerRequest,
) (*paymentsv1.GetCustomerResponse, error) {
	customer, err := s.reads.GetCustomer(ctx, req.GetCustomerId())
	if err != nil {
		return nil, err
	}
	return &paymentsv1.GetCustomerResponse{Customer: customer}, nil
}

// ListCustomers implements CustomerService.
func (s *Customers) ListCustomers(
	ctx context.Context, req *paymentsv1.ListCustomersRequest,
) (*paymentsv1.ListCustomersResponse, error) {
	if err := checkTimes(req.GetStartTime(), req.GetEndTime()); err != nil {
		return nil, err
	}
	customers, next, err := page(ctx, req, s.reads.CustomerPage)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.ListCustomersResponse{Customers: customers, NextPageToken: next}, nil
}

// UpdateCustomer implements CustomerService.
func (s *Customers) UpdateCustomer(
	ctx context.Context, req *paymentsv1.UpdateCustomerRequest,
) (*paymentsv1.UpdateCustomerResponse, error) {
	if err := checkCustomer(req.GetCustomer(), req.GetUpdateMask()); err != nil {
		return nil, err
	}
	customer, out, err := write[*paymentsv1.Customer](ctx, s.writes,
		paymentsv1.CustomerService_UpdateCustomer_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.UpdateCustomerResponse{Customer: customer, Replayed: out.Replayed}, nil
}

// DeleteCustomer implements CustomerService.
func (s *Customers) DeleteCustomer(
	ctx context.Context, req *paymentsv1.DeleteCustomerRequest,
) (*paymentsv1.DeleteCustomerResponse, error) {
	customer, out, err := write[*paymentsv1.Customer](ctx, s.writes,
		paymentsv1.CustomerService_DeleteCustomer_FullMethodName, req)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.DeleteCustomerResponse{Customer: customer, Replayed: out.Replayed}, nil
}

// maxDeleted is how many times EnsureCustomer asks anew because somebody deletes what others create.
const maxDeleted = 3

// errNoObject is a fault of ours: whoever made the object of a reference knows its id.
const errNoObject = apierr.ConstError("the object of a reference has no id")

// EnsureCustomer implements CustomerService.
func (s *Customers) EnsureCustomer(
	ctx context.Context, req *paymentsv1.EnsureCustomerRequest,
) (*paymentsv1.EnsureCustomerResponse, error) {
	if err := checkCustomer(req.GetCustomer(), nil); err != nil {
		return nil, err
	}
	const method = paymentsv1.CustomerService_EnsureCustomer_FullMethodName
	over := int64(0)
	for range 1 + maxDeleted {
		ensured, err := s.writes.Ensure(ctx, method, req, req.GetReference(), over)
		switch {
		case err != nil:
			return nil, err
		case ensured.Outcome.Resource != nil:
			customer, ok := ensured.Outcome.Resource.(*paymentsv1.Customer)
			if !ok {
				return nil, fmt.Errorf("%s: the outcome is a %T", method, ensured.Outcome.Resource)
			}
			return &paymentsv1.EnsureCustomerResponse{Customer: customer, Created: true}, nil
		case ensured.ObjectID == "":
			return nil, errNoObject
		}
		customer, err := s.reads.GetCustomer(ctx, ensured.ObjectID)
		switch {
		case isMissing(err), err == nil && customer.GetDeleted():
			over = ensured.Generation
		case err != nil:
			return nil, err
		default:
			return &paymentsv1.EnsureCustomerResponse{
				Customer: customer, Created: ensured.Made, Replayed: ensured.Made,
			}, nil
		}
	}
	return nil, apierr.InProgress(call.From(ctx).OperationID())
}
