package store

import (
	"context"
	"fmt"
	"time"
)

const (
	selectDue = `SELECT id FROM operations WHERE state IN (1, 4) AND (due_time <= ?1 OR due_time > ?3)
		ORDER BY state, due_time, id LIMIT ?2`

	claimOperation = `UPDATE operations SET attempt = attempt + 1, held = 1, begin_token = NULL, update_time = ?2,
			due_time = ?3
		WHERE id = ?1
		RETURNING ` + operationColumns

	// The workers are gone; what is unknown and waits for its time goes on waiting. The first condition is that of the index.
	releaseOperations = `UPDATE operations SET held = 0, due_time = min(due_time, ?1)
		WHERE state IN (1, 4) AND (state = 1 OR held = 1)`

	eraseOperations = `UPDATE operations SET caller = '', method = '', idempotency_key = '', attempt = 0, held = 0,
			begin_token = NULL, request_hash = NULL, parameters = NULL, outcome = NULL, object_id = '', reason = 0,
			uncertainty = 0, never_send = 0, sends = 0, look_ups = 0, stripe_request_ids = '', resolver = '', note = '',
			begin_time = NULL, update_time = NULL, end_time = NULL, due_time = NULL, last_send_time = NULL, erased = 1,
			reference = '', generation = 0, steps_done = 0, stripe_key = '', told = ''
		WHERE id IN (SELECT id FROM operations WHERE end_time IS NOT NULL AND end_time < ?1 AND erased = 0
			ORDER BY end_time LIMIT ?2)`
)

// Claim takes what is due.
func (s *sqliteStore) Claim(ctx context.Context, lease time.Duration, limit int) ([]Operation, error) {
	var claimed []row
	var noted clockNote
	err := s.change(ctx, "claim", func(ctx context.Context, w *writer, now time.Time) error {
		ids, err := w.texts(ctx, selectDue, now.UnixMicro(), limit, now.Add(farthestDue).UnixMicro())
		if err != nil {
			return err
		}
		for _, id := range ids {
			rows, err := w.rows(ctx, claimOperation, id, now.UnixMicro(), now.Add(lease).UnixMicro())
			if err != nil {
				return err
			}
			claimed = append(claimed, rows...)
		}
		noted, err = s.noteClockSometimes(ctx, w, now)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim operations: %w", err)
	}
	s.noted.advance(noted)
	return s.agedAll(claimed), nil
}

// Take takes one that is unknown.
func (s *sqliteStore) Take(ctx context.Context, id string, lease time.Duration) (Operation, error) {
	var taken row
	err := s.change(ctx, "take", func(ctx context.Context, w *writer, now time.Time) error {
		f, err := readFence(ctx, w, id)
		if err != nil {
			return err
		}
		if f.state != Unknown || f.held && f.due.V > now.UnixMicro() && f.due.V <= now.Add(farthestDue).UnixMicro() {
			return ErrFenced
		}
		rows, err := w.rows(ctx, claimOperation, id, now.UnixMicro(), now.Add(lease).UnixMicro())
		if err == nil {
			taken = rows[0]
		}
		return err
	})
	if err != nil {
		return Operation{}, fmt.Errorf("take an operation: %w", err)
	}
	return s.aged(taken), nil
}

// Erase forgets what ended long ago.
func (s *sqliteStore) Erase(ctx context.Context, age time.Duration, limit int) (int, error) {
	var erased int64
	err := s.change(ctx, "erase", func(ctx context.Context, w *writer, now time.Time) (err error) {
		erased, err = w.exec(ctx, eraseOperations, now.Add(-age).UnixMicro(), limit)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("erase operations: %w", err)
	}
	return int(erased), nil
}

// takeOver makes due what the last process was at.
func (s *sqliteStore) takeOver(ctx context.Context) error {
	var noted clockNote
	err := s.change(ctx, "takeover", func(ctx context.Context, w *writer, now time.Time) error {
		_, err := w.exec(ctx, releaseOperations, now.UnixMicro())
		if err == nil {
			_, err = w.exec(ctx, releaseDeliveries, now.UnixMicro())
		}
		if err == nil {
			noted, err = s.noteClock(ctx, w, now)
		}
		return err
	})
	if err == nil {
		s.noted.advance(noted)
	}
	return err
}
