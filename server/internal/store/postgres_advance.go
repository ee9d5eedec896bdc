package store

import (
	"bytes"
	"context"
	"errors"
	"strings"
)

// A call whose connection was lost may still be on its way when its operation is steps ahead: it must not bring a step
// back.
const pgAdvance = `UPDATE operations SET state = 1, parameters = $3::bytea, steps_done = $4::int, sends = 1, look_ups = 0,
		uncertainty = 0, never_send = false, held = true, due_time = now + $5::bigint * interval '1 microsecond',
		update_time = now, last_send_time = now, stripe_request_ids = tillgate_kept(stripe_request_ids, $6, $7),
		stripe_key = $8, told = ''
	FROM` + pgClock + `WHERE id = $1 AND attempt = $2 AND state IN (1, 4) AND steps_done = $4::int - 1
	RETURNING true`

// Advance implements Store.
func (s *postgres) Advance(ctx context.Context, a Advance) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	c := &pgChange{
		name: "advance", id: a.ID, sql: pgAdvance,
		args: []any{
			a.ID, a.Attempt, a.Parameters, a.StepsDone, a.Lease.Microseconds(), strings.Join(a.StripeRequestIDs, "\n"),
			keptRequestIDs, a.StripeKey,
		},
	}
	made, err := s.change(ctx, c)
	if made || err != nil {
		return err
	}
	// It is held by another attempt, or at another step: perhaps by this very call.
	row, err := s.row(ctx, a.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		return ErrFenced
	case err != nil:
		return c.unread(err)
	case row.op.Attempt != a.Attempt || row.op.StepsDone != a.StepsDone || !bytes.Equal(row.op.Parameters, a.Parameters):
		return ErrFenced
	}
	return s.fenced(ctx, &pgChange{
		name: "hold", id: a.ID, sql: pgHold, args: []any{a.ID, a.Attempt, a.Lease.Microseconds(), 0},
	})
}
