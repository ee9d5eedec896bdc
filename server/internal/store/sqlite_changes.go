package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

const (
	selectOperation = `SELECT ` + operationColumns + ` FROM operations WHERE id = ?1`

	// A row that is begun anew keeps what counts all that was ever sent for it.
	insertOperation = `INSERT INTO operations (id, caller, method, idempotency_key, state, attempt, held, begin_token,
			request_hash, parameters, sends, begin_time, update_time, due_time, last_send_time, reference, generation,
			stripe_key)
		VALUES (?1, ?2, ?3, ?4, 1, 1, 1, ?5, ?6, ?7, 1, ?8, ?8, ?9, ?8, ?10, ?11, ?12)
		ON CONFLICT (id) DO UPDATE SET state = 1, attempt = attempt + 1, held = 1, begin_token = excluded.begin_token,
			request_hash = excluded.request_hash, parameters = excluded.parameters, outcome = NULL, object_id = '',
			reason = 0, uncertainty = 0, never_send = 0, sends = sends + 1, resolver = '', note = '',
			begin_time = excluded.begin_time, update_time = excluded.update_time, end_time = NULL,
			due_time = excluded.due_time, last_send_time = excluded.last_send_time, reference = excluded.reference,
			generation = excluded.generation, steps_done = 0, stripe_key = excluded.stripe_key, told = ''
		WHERE state = 5 AND erased = 0
		RETURNING ` + operationColumns

	selectFence = `SELECT state, attempt, held, never_send, told, begin_time, due_time, stripe_request_ids, reference,
			generation
		FROM operations WHERE id = ?1`

	holdOperation = `UPDATE operations SET held = 1, update_time = ?2, due_time = ?3, sends = sends + ?4,
			last_send_time = CASE WHEN ?4 > 0 THEN ?2 ELSE last_send_time END
		WHERE id = ?1`

	postponeOperation = `UPDATE operations SET state = ?2, held = 0, uncertainty = ?3, never_send = max(never_send, ?4),
			look_ups = look_ups + ?5, stripe_request_ids = ?6, update_time = ?7, due_time = ?8,
			told = CASE WHEN ?9 THEN '' ELSE told END
		WHERE id = ?1`
)

// Begin makes an operation, or says which one stands in its way.
func (s *sqliteStore) Begin(ctx context.Context, b Begin) (op Operation, begun bool, err error) {
	var found row
	err = s.change(ctx, "begin", func(ctx context.Context, w *writer, now time.Time) error {
		rows, generation, err := findForReference(ctx, w, b)
		if err == nil && len(rows) == 0 {
			rows, err = beginRow(ctx, w, b, generation, now)
		}
		if err != nil {
			return err
		}
		found = rows[0]
		return nil
	})
	if err != nil {
		return Operation{}, false, fmt.Errorf("begin an operation: %w", err)
	}
	// Who takes an operation over clears the token.
	return s.aged(found), found.ID == b.ID && len(b.Token) > 0 && bytes.Equal(found.token, b.Token), nil
}

// beginRow begins an operation, or reads the one that stands in its way.
func beginRow(ctx context.Context, w *writer, b Begin, generation int64, now time.Time) ([]row, error) {
	rows, err := w.rows(ctx, insertOperation, b.ID, b.Caller, b.Method, b.IdempotencyKey, b.Token, b.RequestHash,
		b.Parameters, now.UnixMicro(), now.Add(b.Lease).UnixMicro(), b.Reference, generation, b.StripeKey)
	switch {
	case err != nil:
		return nil, err
	case len(rows) == 0:
		return w.rows(ctx, selectOperation, b.ID)
	case b.Reference != "":
		_, err = w.exec(ctx, standIn, b.Reference, generation, b.ID)
	}
	return rows, err
}

// fence is what decides whether a change may be made.
type fence struct {
	state           State
	attempt         int64
	held, neverSend bool
	told            string
	began, due      sql.Null[int64]
	requestIDs      string
	reference       string
	generation      int64
}

// readFence returns ErrNotFound where there is no such operation.
func readFence(ctx context.Context, w *writer, id string) (f fence, err error) {
	err = w.one(ctx, selectFence, []any{id}, &f.state, &f.attempt, &f.held, &f.neverSend, &f.told, &f.began,
		&f.due, &f.requestIDs, &f.reference, &f.generation)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return f, err
}

// holds is whether the operation is still this attempt's.
func (f fence) holds(attempt int64) bool {
	return f.attempt == attempt && (f.state == Pending || f.state == Unknown)
}

// checkFence is readFence for whom an operation that does not exist is one that is not theirs.
func checkFence(ctx context.Context, w *writer, id string, attempt int64) (fence, error) {
	f, err := readFence(ctx, w, id)
	if errors.Is(err, ErrNotFound) || err == nil && !f.holds(attempt) {
		return f, ErrFenced
	}
	return f, err
}

// Hold keeps an operation.
func (s *sqliteStore) Hold(ctx context.Context, h Hold) error {
	err := s.change(ctx, "hold", func(ctx context.Context, w *writer, now time.Time) error {
		f, err := checkFence(ctx, w, h.ID, h.Attempt)
		if err != nil {
			return err
		}
		if h.Sends > 0 && (f.neverSend || f.told != "") {
			return ErrFenced
		}
		_, err = w.exec(ctx, holdOperation, h.ID, now.UnixMicro(), now.Add(h.Lease).UnixMicro(), h.Sends)
		return err
	})
	return wrap("hold an operation", err)
}

// Postpone gives an operation back.
func (s *sqliteStore) Postpone(ctx context.Context, p Postpone) error {
	if p.State != Pending && p.State != Unknown {
		return fmt.Errorf("postpone an operation: %d is no open state", p.State)
	}
	err := s.change(ctx, "postpone", func(ctx context.Context, w *writer, now time.Time) error {
		f, err := checkFence(ctx, w, p.ID, p.Attempt)
		if err != nil {
			return err
		}
		_, err = w.exec(ctx, postponeOperation, p.ID, p.State, p.Uncertainty, p.NeverSend, p.LookUps,
			joinRequestIDs(f.requestIDs, p.StripeRequestIDs), now.UnixMicro(), now.Add(p.After).UnixMicro(), p.ForgetTold)
		return err
	})
	return wrap("postpone an operation", err)
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}
