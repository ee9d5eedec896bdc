package operation

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/call"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

const (
	// commitTimeout bounds one try to write an end down, which is repeated from firstCommitWait to lastCommitWait apart
	// for as long as the process lives: what Stripe said is in no other place.
	commitTimeout   = 10 * time.Second
	firstCommitWait = 50 * time.Millisecond
	lastCommitWait  = time.Second
)

// finish ends an operation with what is known of it for good, and returns what its caller hears. It is told only what is
// on disk.
func (r *Runner) finish(ctx context.Context, op store.Operation, key string, result stripegw.Result) end {
	f, err := r.ending(op, key, result)
	if err != nil {
		// The operation stays pending: recovery asks Stripe again, which has the answer under the key.
		return end{err: apierr.OutcomePending(op.ID, err)}
	}
	if err := r.commit(ctx, f); err != nil {
		r.logger.LogAttrs(ctx, slog.LevelWarn, "an operation was taken over before its end could be stored",
			append(about(ctx, op.ID), slog.String("object_id", f.ObjectID), slog.Any("stripe_request_ids", f.StripeRequestIDs))...)
		return r.overtaken(ctx, op)
	}
	return end{outcome: result.Outcome, err: result.Err}
}

// commit writes an end down, and tries until it stands or somebody else has taken the operation over: ErrFenced.
func (r *Runner) commit(ctx context.Context, f store.Finish) error {
	logged := false
	for wait := firstCommitWait; ; wait = min(2*wait, lastCommitWait) {
		err := func() error {
			ctx, cancel := context.WithTimeout(ctx, commitTimeout)
			defer cancel()
			return r.store.Finish(ctx, f)
		}()
		r.heard(ctx, err)
		if err == nil || errors.Is(err, store.ErrFenced) {
			return err
		}
		if !logged {
			logged = true
			r.logger.LogAttrs(ctx, slog.LevelError, "an outcome can not be stored; it is kept in memory and tried again",
				append(about(ctx, f.ID), apierr.StoreUnavailable(err).LogAttrs()...)...)
		}
		<-time.After(wait) // Nothing cuts it short but the end of the process: what is kept here must not be given up.
	}
}

// overtaken is what a caller hears whose write was ended by somebody else.
func (r *Runner) overtaken(ctx context.Context, op store.Operation) end {
	now, err := r.store.Get(ctx, op.ID)
	// Where what is sealed is another, it was abandoned meanwhile and begun anew, perhaps with another request.
	if err != nil || now.State != store.Succeeded && now.State != store.Failed || now.Erased ||
		!bytes.Equal(now.RequestHash, op.RequestHash) {
		return end{err: apierr.OutcomePending(op.ID, errFenced)}
	}
	outcome, err := r.stored(now)
	return end{outcome: outcome, err: err}
}

// postpone leaves an operation to recovery. Where that can not be written, its lease runs out, which comes to the same.
func (r *Runner) postpone(ctx context.Context, op store.Operation, p store.Postpone) {
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	p.ID, p.Attempt = op.ID, op.Attempt
	err := r.store.Postpone(ctx, p)
	r.heard(ctx, err)
	if err != nil && !errors.Is(err, store.ErrFenced) {
		r.logger.LogAttrs(ctx, slog.LevelWarn, "an operation can not be handed to recovery; its lease will run out",
			append(about(ctx, op.ID), apierr.StoreUnavailable(err).LogAttrs()...)...)
	}
}

func about(ctx context.Context, operationID string) []slog.Attr {
	return []slog.Attr{
		slog.String("request_id", call.From(ctx).RequestID()), slog.String("operation_id", operationID),
	}
}

// storeError is what a caller hears when the store failed before its write began.
func storeError(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, store.ErrUnavailable):
		return apierr.StoreUnavailable(err)
	default:
		return err
	}
}
