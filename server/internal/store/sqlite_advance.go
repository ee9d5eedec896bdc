package store

import (
	"bytes"
	"context"
	"time"
)

const (
	selectStep = `SELECT steps_done, parameters FROM operations WHERE id = ?1`

	advanceOperation = `UPDATE operations SET state = 1, held = 1, parameters = ?2, steps_done = ?3, sends = 1, look_ups = 0,
			uncertainty = 0, never_send = 0, told = '', stripe_request_ids = ?4, update_time = ?5, last_send_time = ?5,
			due_time = ?6, stripe_key = ?7
		WHERE id = ?1`
)

// Advance goes on to the next step.
func (s *sqliteStore) Advance(ctx context.Context, a Advance) error {
	err := s.change(ctx, "advance", func(ctx context.Context, w *writer, now time.Time) error {
		f, err := checkFence(ctx, w, a.ID, a.Attempt)
		if err != nil {
			return err
		}
		var done int
		var parameters []byte
		if err := w.one(ctx, selectStep, []any{a.ID}, &done, &parameters); err != nil {
			return err
		}
		switch {
		case done == a.StepsDone-1:
			_, err = w.exec(ctx, advanceOperation, a.ID, a.Parameters, a.StepsDone,
				joinRequestIDs(f.requestIDs, a.StripeRequestIDs), now.UnixMicro(), now.Add(a.Lease).UnixMicro(),
				a.StripeKey)
		case done == a.StepsDone && bytes.Equal(parameters, a.Parameters): // this attempt has written it before
			_, err = w.exec(ctx, holdOperation, a.ID, now.UnixMicro(), now.Add(a.Lease).UnixMicro(), 0)
		default:
			err = ErrFenced
		}
		return err
	})
	return wrap("advance an operation", err)
}
