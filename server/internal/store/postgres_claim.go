package store

import (
	"context"
	"time"
)

// pgTaken is what is set in a row that somebody takes over: who began it holds it no more.
const pgTaken = ` SET attempt = attempt + 1, begin_token = NULL, update_time = now,
	due_time = now + $1::bigint * interval '1 microsecond', held = true FROM` + pgClock

const pgClaim = `WITH due AS (
		SELECT id AS due_id, state AS was, due_time AS was_due FROM operations, (SELECT tillgate_now() AS now) AS clock
		WHERE state IN (1, 4) AND (due_time <= now OR due_time > now + interval '2 hours')
		ORDER BY state, due_time LIMIT $2
		FOR UPDATE OF operations SKIP LOCKED
	), claimed AS (
		UPDATE operations` + pgTaken + `, due WHERE id = due_id RETURNING operations.*, was, was_due
	) SELECT ` + pgColumns + ` FROM claimed ORDER BY was, was_due, id`

// Claim implements Store.
func (s *postgres) Claim(ctx context.Context, lease time.Duration, limit int) ([]Operation, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	c := &pgChange{name: "claim", operations: true, sql: pgClaim, args: []any{lease.Microseconds(), limit}}
	if _, err := s.alone(ctx, c); err != nil {
		return nil, err
	}
	claimed := s.seenAll(c.rows)
	s.remember(ctx)
	return claimed, nil
}

const pgTake = `UPDATE operations` + pgTaken + `WHERE id = $2 AND state = 4
		AND NOT (held AND due_time > now AND due_time <= now + interval '2 hours')
	RETURNING ` + pgColumns

// Take implements Store.
func (s *postgres) Take(ctx context.Context, id string, lease time.Duration) (Operation, error) {
	if err := s.enter(); err != nil {
		return Operation{}, err
	}
	defer s.leave()
	c := &pgChange{name: "claim", id: id, operations: true, sql: pgTake, args: []any{lease.Microseconds(), id}}
	taken, err := s.alone(ctx, c)
	if err != nil {
		return Operation{}, err
	}
	if !taken {
		if _, err := s.row(ctx, id); err != nil {
			return Operation{}, err
		}
		return Operation{}, ErrFenced
	}
	return s.seen(c.rows[0]), nil
}
