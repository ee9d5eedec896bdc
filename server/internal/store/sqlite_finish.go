package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const finishOperation = `UPDATE operations SET state = ?2, held = 0, parameters = NULL, outcome = ?3, object_id = ?4,
		reason = ?5, uncertainty = 0, stripe_request_ids = ?6, resolver = ?7, note = ?8, update_time = ?9,
		end_time = ?9, due_time = NULL
	WHERE id = ?1`

// Finish ends an operation.
func (s *sqliteStore) Finish(ctx context.Context, f Finish) error {
	if f.State != Succeeded && f.State != Failed && f.State != Abandoned {
		return fmt.Errorf("finish an operation: %d is no final state", f.State)
	}
	outcome := f.Outcome
	if f.State == Abandoned {
		outcome = nil
	}
	var published bool
	err := s.change(ctx, "finish", func(ctx context.Context, w *writer, now time.Time) error {
		fence, err := checkFence(ctx, w, f.ID, f.Attempt)
		if errors.Is(err, ErrFenced) && fence.attempt == f.Attempt && fence.state == f.State {
			return nil // this attempt has ended it so before
		}
		if err != nil {
			return err
		}
		if _, err := w.exec(ctx, finishOperation, f.ID, f.State, outcome, f.ObjectID, f.Reason,
			joinRequestIDs(fence.requestIDs, f.StripeRequestIDs), f.Resolver, f.Note, now.UnixMicro()); err != nil {
			return err
		}
		if fence.reference != "" && f.State == Succeeded {
			if _, err := w.exec(ctx, nameObject, fence.reference, fence.generation, f.ObjectID, f.ID); err != nil {
				return err
			}
		}
		events, err := finishObject(ctx, w, f, fence, now)
		if err != nil {
			return err
		}
		published, err = writeEvents(ctx, w, events, now)
		return err
	})
	s.grew(published, err)
	return wrap("finish an operation", err)
}

// finishObject lets the object stand as the operation left it, unless it has changed here since that began by another cause:
// it is not known then which of the two states is the newer one. It returns the events as they are to be told.
func finishObject(ctx context.Context, w *writer, f Finish, fence fence, now time.Time) ([]Event, error) {
	if f.Object == nil {
		return f.Events, nil
	}
	stands, err := readStandingObject(ctx, w, f.Object.ID)
	if err != nil {
		return nil, err
	}
	keep := stands.version > 0 && (stands.mayBeNewer(*f.Object, fence.began.V) || stands.leaves(*f.Object))
	return writeObject(ctx, w, *f.Object, keep, f.Events, now)
}
