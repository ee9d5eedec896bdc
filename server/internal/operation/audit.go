package operation

import (
	"context"
	"errors"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/store"
)

// resourceType is what an operation is called where one is missing.
const resourceType = "operation"

// Operation returns one operation, of whichever caller. RESOURCE_MISSING.
func (r *Runner) Operation(ctx context.Context, id string) (*paymentsv1.Operation, error) {
	op, err := r.get(ctx, id)
	if err != nil {
		return nil, err
	}
	return message(op), nil
}

// Operations returns up to limit operations that fit the request, the newest first, from behind the one with the id
// `after` on; and whether there are more. Only those of the caller, unless that is empty.
func (r *Runner) Operations(
	ctx context.Context, req *paymentsv1.ListOperationsRequest, caller, after string, limit int,
) (operations []*paymentsv1.Operation, more bool, err error) {
	filter := store.Filter{Caller: caller, Start: timeOf(req.GetStartTime()), End: timeOf(req.GetEndTime())}
	for _, state := range req.GetStates() {
		filter.States = append(filter.States, store.State(state)) //nolint:gosec // the numbers are the same, and small
	}
	rows, err := r.store.List(ctx, filter, after, limit+1)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, false, apierr.InvalidField("page_token", "names an operation that is forgotten; leave it empty to begin anew")
	case err != nil:
		return nil, false, storeError(ctx, err)
	}
	if more = len(rows) > limit; more {
		rows = rows[:limit]
	}
	for _, row := range rows {
		operations = append(operations, message(row))
	}
	return operations, more, nil
}

func (r *Runner) get(ctx context.Context, id string) (store.Operation, error) {
	op, err := r.store.Get(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return op, apierr.ResourceMissing(resourceType, id)
	case err != nil:
		return op, storeError(ctx, err)
	}
	return op, nil
}

// message is an operation as callers see it.
func message(op store.Operation) *paymentsv1.Operation {
	return &paymentsv1.Operation{
		Id:               op.ID,
		Caller:           op.Caller,
		Method:           op.Method,
		IdempotencyKey:   op.IdempotencyKey,
		State:            paymentsv1.OperationState(op.State),
		ObjectId:         op.ObjectID,
		ErrorReason:      paymentsv1.ErrorReason(op.Reason),
		Uncertainty:      paymentsv1.OperationUncertainty(op.Uncertainty),
		Sends:            int32(op.Sends),   //nolint:gosec // a few hundred at most
		LookUps:          int32(op.LookUps), //nolint:gosec // one an hour
		StripeRequestIds: op.StripeRequestIDs,
		CreateTime:       timestamp(op.BeginTime),
		UpdateTime:       timestamp(op.UpdateTime),
		EndTime:          timestamp(op.EndTime),
		DueTime:          timestamp(op.DueTime),
		Resolver:         op.Resolver,
		Note:             op.Note,
		StepsDone:        int32(op.StepsDone), //nolint:gosec // a handful at most
	}
}

func timestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func timeOf(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

// shortUncertainty is an uncertainty as logs have it: without the prefix of the enum.
func shortUncertainty(number int32) string {
	return strings.TrimPrefix(paymentsv1.OperationUncertainty(number).String(), "OPERATION_UNCERTAINTY_")
}
