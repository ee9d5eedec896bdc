package operation

import (
	"context"
	"slices"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// find looks for what an operation did, and where that finds nothing, at what Stripe told of under its key. An event is
// sent for what took effect: an object in it that says that this operation made it is what the last step has made.
func (r *Runner) find(ctx context.Context, op store.Operation, c course) (stripegw.Finding, error) {
	finding, err := r.gateway.LookUp(ctx, search(op, c))
	if err == nil && finding.Found || len(c.next) > 0 {
		return finding, err
	}
	told := search(op, c)
	told.Told = true
	for _, objectID := range op.Told {
		result, readErr := r.gateway.ReadResult(ctx, told, objectID)
		switch {
		case readErr == nil && result.Found:
			result.StripeRequestIDs = slices.Concat(finding.StripeRequestIDs, result.StripeRequestIDs)
			return result, nil
		case readErr != nil && apierr.From(readErr).Reason != paymentsv1.ErrorReason_ERROR_REASON_INVALID_FIELD:
			err = readErr // It could not be read: it counts for nothing yet.
		}
	}
	return finding, err
}
