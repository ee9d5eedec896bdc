package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
)

// The times of a statement are all one, so its clock is asked once.
const pgClock = ` (SELECT tillgate_now() AS now) AS clock `

// pgBeginRow is to be followed by reference and generation, and by where they are from.
const pgBeginRow = `INSERT INTO operations AS o (id, caller, method, idempotency_key, state, attempt, begin_token,
		request_hash, parameters, sends, begin_time, update_time, last_send_time, due_time, held, stripe_key, reference,
		generation)
	SELECT $1::text, $2::text, $3::text, $4::text, 1, 1, $5::bytea, $6::bytea,
		$7::bytea, 1, now, now, now, now + $8::bigint * interval '1 microsecond', true, $10::text, `

const pgBeginAnew = `
	ON CONFLICT (id) DO UPDATE SET state = 1, attempt = o.attempt + 1, begin_token = excluded.begin_token,
		request_hash = excluded.request_hash, parameters = excluded.parameters, outcome = NULL, object_id = '', reason = 0,
		uncertainty = 0, never_send = false, sends = o.sends + 1, resolver = '', note = '',
		begin_time = excluded.begin_time, update_time = excluded.update_time, end_time = NULL,
		last_send_time = excluded.last_send_time, due_time = excluded.due_time, held = true,
		reference = excluded.reference, generation = excluded.generation, steps_done = 0,
		stripe_key = excluded.stripe_key, told = ''
	WHERE o.state = 5 AND NOT o.erased
		-- A call whose connection was lost may still be on its way when its operation has long been begun and
		-- abandoned, by itself or by another: it begins anew only what it has seen abandoned.
		AND o.attempt = $9::bigint AND o.begin_token IS DISTINCT FROM excluded.begin_token
	`

const pgBegin = pgBeginRow + `'', 0 FROM` + pgClock + pgBeginAnew + `RETURNING ` + pgColumns

// Begin implements Store.
func (s *postgres) Begin(ctx context.Context, b Begin) (Operation, bool, error) {
	if err := s.enter(); err != nil {
		return Operation{}, false, err
	}
	defer s.leave()
	const none = int64(0)   // No attempt to begin anew has been seen abandoned.
	const seenAbandoned = 8 // which argument that is
	c := &pgChange{
		name: "begin", id: b.ID, operations: true, sql: pgBegin,
		args: []any{
			b.ID, b.Caller, b.Method, b.IdempotencyKey, b.Token, b.RequestHash, b.Parameters, b.Lease.Microseconds(), none,
			b.StripeKey,
		},
	}
	if b.Reference != "" {
		c.reference, c.sql, c.args = b.Reference, pgBeginReferred, append(c.args, b.Reference, b.Over)
	}
	for {
		made, err := s.change(ctx, c)
		if err != nil {
			return Operation{}, false, err
		}
		var row pgRow
		if made {
			row = c.rows[0]
		} else if row, err = s.row(ctx, b.ID); err != nil && (b.Reference == "" || !errors.Is(err, ErrNotFound)) {
			return Operation{}, false, c.unread(err)
		}
		// Who takes an operation over clears the token.
		ours := len(b.Token) > 0 && bytes.Equal(row.token, b.Token)
		abandoned := !made && !ours && row.op.State == Abandoned && !row.op.Erased
		if abandoned && c.args[seenAbandoned] != row.op.Attempt {
			c.args[seenAbandoned] = row.op.Attempt
			continue
		}
		if abandoned || row.op.ID == "" {
			maker, none, err := s.maker(ctx, b)
			if err != nil {
				return Operation{}, false, c.unread(err)
			}
			if none {
				continue // The reference was left meanwhile.
			}
			return s.seen(maker), false, nil
		}
		return s.seen(row), ours && (row.op.State == Pending || row.op.State == Unknown), nil
	}
}

const pgHold = `UPDATE operations SET due_time = now + $3::bigint * interval '1 microsecond', held = true,
		update_time = now, sends = sends + $4::int,
		last_send_time = CASE WHEN $4::int > 0 THEN now ELSE last_send_time END
	FROM` + pgClock + `WHERE id = $1 AND attempt = $2 AND state IN (1, 4) AND ($4::int = 0 OR NOT never_send AND told = '')
	RETURNING true`

// Hold implements Store.
func (s *postgres) Hold(ctx context.Context, h Hold) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	return s.fenced(ctx, &pgChange{
		name: "hold", id: h.ID, sql: pgHold, args: []any{h.ID, h.Attempt, h.Lease.Microseconds(), h.Sends},
	})
}

const pgPostpone = `UPDATE operations SET state = $3::smallint, due_time = now + $4::bigint * interval '1 microsecond',
		held = false, uncertainty = $5, never_send = never_send OR $6, look_ups = look_ups + $7::int,
		stripe_request_ids = tillgate_kept(stripe_request_ids, $8, $9), update_time = now,
		told = CASE WHEN $10 THEN '' ELSE told END
	FROM` + pgClock + `WHERE id = $1 AND attempt = $2 AND state IN (1, 4)
	RETURNING true`

// Postpone implements Store.
func (s *postgres) Postpone(ctx context.Context, p Postpone) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if p.State != Pending && p.State != Unknown {
		return fmt.Errorf("postpone: %d is no open state", p.State)
	}
	return s.fenced(ctx, &pgChange{
		name: "postpone", id: p.ID, sql: pgPostpone,
		args: []any{
			p.ID, p.Attempt, p.State, p.After.Microseconds(), p.Uncertainty, p.NeverSend, p.LookUps,
			strings.Join(p.StripeRequestIDs, "\n"), keptRequestIDs, p.ForgetTold,
		},
	})
}

// fenced makes a change that only who holds the operation may make.
func (s *postgres) fenced(ctx context.Context, c *pgChange) error {
	made, err := s.change(ctx, c)
	if err == nil && !made {
		return ErrFenced
	}
	return err
}
