package service

import (
	"context"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/pagetoken"
)

// OperationReader tells what became of writes, and ends those that nobody else can. It knows nothing of who may see what.
type OperationReader interface {
	// Operation returns the operation, or RESOURCE_MISSING.
	Operation(ctx context.Context, id string) (*paymentsv1.Operation, error)
	// Operations returns up to limit operations that fit the states and times of the request, the newest first, from behind
	// the one with the id `after` on; and whether there are more. They are those of the caller, or of all where it is
	// empty: the caller in the request is not looked at. INVALID_FIELD on page_token where there is no `after`.
	Operations(
		ctx context.Context, req *paymentsv1.ListOperationsRequest, caller, after string, limit int,
	) (operations []*paymentsv1.Operation, more bool, err error)
	// Resolve ends an operation that is UNKNOWN, in the name of the resolver.
	Resolve(
		ctx context.Context, req *paymentsv1.ResolveOperationRequest, resolver string,
	) (*paymentsv1.Operation, error)
}

// Operations serves OperationService.
type Operations struct {
	paymentsv1.UnimplementedOperationServiceServer

	reads OperationReader
}

// NewOperations returns the service.
func NewOperations(reads OperationReader) *Operations {
	return &Operations{reads: reads}
}

// errNobody is a fault of ours: auth stands before every handler.
const errNobody = apierr.ConstError("a call came without a caller")

// GetOperation implements OperationService.
func (s *Operations) GetOperation(
	ctx context.Context, req *paymentsv1.GetOperationRequest,
) (*paymentsv1.GetOperationResponse, error) {
	caller := auth.CallerFrom(ctx)
	operation, err := s.visible(ctx, caller, req.GetOperationId())
	if err != nil {
		return nil, err
	}
	return &paymentsv1.GetOperationResponse{Operation: operation}, nil
}

// visible returns an operation that the caller may see. One that it may not see is missing, in the very words that are
// said of one that does not exist: an id can be derived from what another caller wrote, and must not tell that it did.
func (s *Operations) visible(ctx context.Context, caller auth.Caller, id string) (*paymentsv1.Operation, error) {
	operation, err := s.reads.Operation(ctx, id)
	switch {
	case isMissing(err):
		return nil, apierr.ResourceMissing("operation", id)
	case err != nil:
		return nil, err
	case seesAll(caller):
		return operation, nil
	case caller.Name == "" || operation.GetCaller() != caller.Name:
		return nil, apierr.ResourceMissing("operation", id)
	}
	return operation, nil
}

func seesAll(caller auth.Caller) bool {
	return caller.Has(paymentsv1.Scope_SCOPE_OPERATIONS_READ_ALL)
}

// ListOperations implements OperationService.
func (s *Operations) ListOperations(
	ctx context.Context, req *paymentsv1.ListOperationsRequest,
) (*paymentsv1.ListOperationsResponse, error) {
	caller := auth.CallerFrom(ctx)
	of, err := callerToList(caller, req.GetCaller())
	if err != nil {
		return nil, err
	}
	if err := checkTimes(req.GetStartTime(), req.GetEndTime()); err != nil {
		return nil, err
	}
	after, err := s.startAfter(ctx, caller, req)
	if err != nil {
		return nil, err
	}

	operations, more, err := s.reads.Operations(ctx, req, of, after, pageSize(req))
	if err != nil {
		return nil, err
	}
	if n := fitting(operations); n < len(operations) {
		operations, more = operations[:n], true
	}
	response := &paymentsv1.ListOperationsResponse{Operations: operations}
	if more && len(operations) > 0 {
		response.NextPageToken = pagetoken.Encode(operations[len(operations)-1].GetId(), req)
	}
	return response, nil
}

// callerToList is whose operations are listed; empty for those of all, which it never is for a caller who may not see them.
func callerToList(caller auth.Caller, wanted string) (string, error) {
	switch {
	case caller.Name == "":
		return "", errNobody
	case seesAll(caller):
		return wanted, nil
	case wanted != "" && wanted != caller.Name:
		return "", apierr.ScopeMissing(paymentsv1.Scope_SCOPE_OPERATIONS_READ_ALL)
	}
	return caller.Name, nil
}

// startAfter is the id behind which the page begins. A token can be made up, so it must not tell either whether an
// operation of another caller exists.
func (s *Operations) startAfter(
	ctx context.Context, caller auth.Caller, req *paymentsv1.ListOperationsRequest,
) (string, error) {
	after, err := startAfter(req)
	if err != nil || after == "" || seesAll(caller) {
		return after, err
	}
	_, err = s.visible(ctx, caller, after)
	if isMissing(err) {
		return "", apierr.InvalidField("page_token", "names an operation that is forgotten; leave it empty to begin anew")
	}
	return after, err
}

// ResolveOperation implements OperationService.
func (s *Operations) ResolveOperation(
	ctx context.Context, req *paymentsv1.ResolveOperationRequest,
) (*paymentsv1.ResolveOperationResponse, error) {
	resolver := auth.CallerFrom(ctx).Name
	if resolver == "" {
		return nil, errNobody
	}
	// Whoever may end operations may end those of every caller, and sees what they ended.
	operation, err := s.reads.Resolve(ctx, req, resolver)
	if err != nil {
		return nil, err
	}
	return &paymentsv1.ResolveOperationResponse{Operation: operation}, nil
}
