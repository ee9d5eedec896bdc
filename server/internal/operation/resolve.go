package operation

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// takeEvery is how often a person's word tries to take an operation that recovery is just looking for.
const takeEvery = 100 * time.Millisecond

// Resolve ends an operation that is UNKNOWN with what a person says became of it; resolver is that caller's name. The
// object that they name is read from Stripe, and becomes the answer, or the refusal that it tells of. RESOURCE_MISSING,
// UNEXPECTED_STATE, or INVALID_FIELD for an object that can not be its result.
func (r *Runner) Resolve(
	ctx context.Context, req *paymentsv1.ResolveOperationRequest, resolver string,
) (*paymentsv1.Operation, error) {
	op, err := r.get(ctx, req.GetOperationId())
	if err != nil {
		return nil, err
	}
	if op.State != store.Unknown {
		return nil, notUnknown(op)
	}
	result := stripegw.Result{Verdict: stripegw.NotDone}
	if req.GetObjectId() != "" {
		// Where the parameters can not be opened, the person's word must do.
		c, _ := r.openCourse(op)
		found, err := r.gateway.ReadResult(ctx, search(op, c), req.GetObjectId())
		if err != nil {
			return nil, err
		}
		result = stripegw.Result{Verdict: stripegw.Done, Outcome: found.Outcome, Err: c.refusal(found.Err)}
	}
	if op, err = r.take(ctx, op.ID); err != nil {
		return nil, err
	}
	// What ends it is what the rpc is for, which the last step is to do.
	f, err := r.ending(op, r.identityOf(op).stripeKey(stripegw.OnlyStep), result)
	if err != nil {
		return nil, err
	}
	f.Resolver, f.Note = resolver, req.GetNote()
	if err := r.store.Finish(ctx, f); err != nil {
		return nil, storeError(ctx, err)
	}
	r.logger.LogAttrs(ctx, slog.LevelWarn, "operation resolved by hand",
		slog.String("operation_id", op.ID), slog.String("caller", op.Caller), slog.String("resolver", resolver),
		slog.String("object_id", req.GetObjectId()), slog.Bool("not_done", req.GetNotDone()))
	return r.Operation(ctx, op.ID)
}

// take holds an operation that is UNKNOWN. Recovery may just be at it, and is done soon.
func (r *Runner) take(ctx context.Context, id string) (store.Operation, error) {
	for {
		op, err := r.store.Take(ctx, id, lease)
		if err == nil {
			return op, nil
		}
		if !errors.Is(err, store.ErrFenced) {
			return op, storeError(ctx, err)
		}
		if op, err = r.get(ctx, id); err != nil {
			return op, err
		}
		if op.State != store.Unknown {
			return op, notUnknown(op)
		}
		select {
		case <-time.After(takeEvery):
		case <-ctx.Done():
			return op, apierr.InProgress(id)
		}
	}
}

func notUnknown(op store.Operation) error {
	state := strings.TrimPrefix(paymentsv1.OperationState(op.State).String(), "OPERATION_STATE_")
	return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE).
		WithMetadata("operation_id", op.ID).WithMetadata("state", state)
}
