package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const selectPosition = `SELECT begin_time FROM operations WHERE id = ?1 AND erased = 0`

// aged adds what depends on the time.
func (s *sqliteStore) aged(r row) Operation {
	now, mark := s.now()
	r.Age = age(r.BeginTime, now, mark)
	return r.Operation
}

func (s *sqliteStore) agedAll(rows []row) []Operation {
	operations := make([]Operation, len(rows))
	for i, r := range rows {
		operations[i] = s.aged(r)
	}
	return operations
}

// Get reads one operation.
func (s *sqliteStore) Get(ctx context.Context, id string) (Operation, error) {
	if err := s.enter(); err != nil {
		return Operation{}, err
	}
	defer s.leave()
	var r row
	err := r.scan(s.get.QueryRowContext(ctx, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return Operation{}, fmt.Errorf("read an operation: %w", sqliteError(err))
	}
	return s.aged(r), nil
}

// List reads a page.
func (s *sqliteStore) List(ctx context.Context, f Filter, after string, limit int) ([]Operation, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	where, args := conditions(f)
	if after != "" {
		var position int64
		err := s.readers.QueryRowContext(ctx, selectPosition, after).Scan(&position)
		if errors.Is(err, sql.ErrNoRows) {
			err = ErrNotFound
		}
		if err != nil {
			return nil, fmt.Errorf("list operations: %w", sqliteError(err))
		}
		where = append(where, "(begin_time, id) < (?, ?)")
		args = append(args, position, after)
	}
	rows, err := s.readers.QueryContext(ctx, selectPage(f, where), append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("list operations: %w", sqliteError(err))
	}
	found, err := scanRows(rows)
	if err != nil {
		return nil, fmt.Errorf("list operations: %w", sqliteError(err))
	}
	return s.agedAll(found), nil
}

// selectPage reads the few operations that are open by the index that holds only them, however many have ended.
func selectPage(f Filter, where []string) string {
	from := `operations`
	if onlyOpen(f) {
		from += ` INDEXED BY operations_due`
		where = append(where, "state IN (1, 4)") // the condition of that index, in its words
	}
	return `SELECT ` + operationColumns + ` FROM ` + from + ` WHERE ` + strings.Join(where, " AND ") +
		` ORDER BY begin_time DESC, id DESC LIMIT ?`
}

// conditions are what a filter asks, with the arguments in their order.
func conditions(f Filter) (where []string, args []any) {
	where = []string{"erased = 0"}
	if f.Caller != "" {
		where, args = append(where, "caller = ?"), append(args, f.Caller)
	}
	if len(f.States) > 0 {
		where = append(where, "state IN (?"+strings.Repeat(", ?", len(f.States)-1)+")")
		for _, state := range f.States {
			args = append(args, state)
		}
	}
	if !f.Start.IsZero() {
		where, args = append(where, "begin_time >= ?"), append(args, f.Start.UnixMicro())
	}
	if !f.End.IsZero() {
		where, args = append(where, "begin_time < ?"), append(args, f.End.UnixMicro())
	}
	return where, args
}

func onlyOpen(f Filter) bool {
	ended := func(state State) bool { return state != Pending && state != Unknown }
	return len(f.States) > 0 && !slices.ContainsFunc(f.States, ended)
}
