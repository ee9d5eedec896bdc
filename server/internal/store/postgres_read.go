package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// pgColumns are what scan reads: a row, and the time when it was read.
const pgColumns = `id, caller, method, idempotency_key, state, attempt, begin_token, request_hash, parameters, outcome,
	object_id, reason, uncertainty, never_send, sends, look_ups, stripe_request_ids, resolver, note, begin_time, update_time,
	end_time, due_time, last_send_time, erased, reference, generation, steps_done, told,
	tillgate_now()`

// readTries is how often a read is tried: connections that a restart of the server left dead are found out by use.
const readTries = 3

// pgRow is a row as it was read, without its age.
type pgRow struct {
	op    Operation
	token []byte
	now   time.Time
}

func (r *pgRow) scan(rows pgx.CollectableRow) error {
	o := &r.op
	var begin, update, end, due, lastSend pgtype.Timestamptz
	var requestIDs, told string
	if err := rows.Scan(
		&o.ID, &o.Caller, &o.Method, &o.IdempotencyKey, &o.State, &o.Attempt, &r.token, &o.RequestHash, &o.Parameters,
		&o.Outcome, &o.ObjectID, &o.Reason, &o.Uncertainty, &o.NeverSend, &o.Sends, &o.LookUps, &requestIDs, &o.Resolver,
		&o.Note, &begin, &update, &end, &due, &lastSend, &o.Erased, &o.Reference,
		&o.Generation, &o.StepsDone, &told, &r.now,
	); err != nil {
		return err
	}
	// No time is the zero time.
	o.BeginTime, o.UpdateTime, o.EndTime = begin.Time.UTC(), update.Time.UTC(), end.Time.UTC()
	o.DueTime, o.LastSend = due.Time.UTC(), lastSend.Time.UTC()
	if requestIDs != "" {
		o.StripeRequestIDs = strings.Split(requestIDs, "\n")
	}
	if told != "" {
		o.Told = strings.Split(told, "\n")
	}
	return nil
}

// Get implements Store.
func (s *postgres) Get(ctx context.Context, id string) (Operation, error) {
	if err := s.enter(); err != nil {
		return Operation{}, err
	}
	defer s.leave()
	row, err := s.row(ctx, id)
	if err != nil {
		return Operation{}, err
	}
	return s.seen(row), nil
}

// row reads one operation.
func (s *postgres) row(ctx context.Context, id string) (pgRow, error) {
	rows, err := s.query(ctx, `SELECT `+pgColumns+` FROM operations WHERE id = $1`, id)
	if err != nil {
		return pgRow{}, err
	}
	if len(rows) == 0 {
		return pgRow{}, ErrNotFound
	}
	return rows[0], nil
}

// List implements Store.
func (s *postgres) List(ctx context.Context, f Filter, after string, limit int) ([]Operation, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	conditions := []string{"NOT erased"}
	var args []any
	where := func(condition string, values ...any) {
		for _, value := range values {
			args = append(args, value)
			condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		conditions = append(conditions, condition)
	}
	if after != "" {
		last, err := s.row(ctx, after)
		if err != nil {
			return nil, err
		}
		if last.op.Erased {
			return nil, ErrNotFound
		}
		where("(begin_time, id) < (?, ?)", last.op.BeginTime, after)
	}
	if len(f.States) > 0 {
		where("state = ANY(?::smallint[])", f.States)
		if !slices.ContainsFunc(f.States, func(state State) bool { return state != Pending && state != Unknown }) {
			where("state IN (1, 4)") // in the words of the index that holds the few that are open
		}
	}
	if f.Caller != "" {
		where("caller = ?", f.Caller)
	}
	if !f.Start.IsZero() {
		where("begin_time >= ?", f.Start)
	}
	if !f.End.IsZero() {
		where("begin_time < ?", f.End)
	}
	args = append(args, limit)
	rows, err := s.query(ctx, `SELECT `+pgColumns+` FROM operations WHERE `+strings.Join(conditions, " AND ")+
		fmt.Sprintf(` ORDER BY begin_time DESC, id DESC LIMIT $%d`, len(args)), args...)
	if err != nil {
		return nil, err
	}
	return s.seenAll(rows), nil
}

// query reads operations.
func (s *postgres) query(ctx context.Context, sql string, args ...any) ([]pgRow, error) {
	return pgRead(ctx, s, func(found pgx.CollectableRow) (row pgRow, err error) {
		err = row.scan(found)
		return row, err
	}, sql, args...)
}

// pgRead reads by a connection for reads.
func pgRead[T any](ctx context.Context, s *postgres, scan pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	var err error
	for range readTries {
		var found []T
		if found, err = pgReadOnce(ctx, s, scan, sql, args); err == nil {
			return found, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return nil, fmt.Errorf("read the store: %w", readError(err))
}

func pgReadOnce[T any](
	ctx context.Context, s *postgres, scan pgx.RowToFunc[T], sql string, args []any,
) ([]T, error) {
	ctx, cancel := context.WithTimeout(ctx, commitLimit)
	defer cancel()
	rows, err := s.reads.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []T
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return nil, err
		}
		found = append(found, row)
	}
	return found, rows.Err()
}
