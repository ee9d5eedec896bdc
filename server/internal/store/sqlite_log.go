package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"
)

const (
	selectHead = `SELECT head, coalesce((SELECT min(position) FROM events), head + 1) FROM event_log`

	eventColumns = `position, time, object_id, object_kind, kind, cause, operation_id, stripe_event_id, occurred, resource`

	selectEvent     = `SELECT ` + eventColumns + ` FROM events WHERE event_id = ?1`
	selectEventTime = `SELECT time FROM events WHERE position = ?1`

	// scannedForOne is how many events ReadLog looks at, by kind, for one that it may return.
	scannedForOne = 64
)

// read lets something read from one state of the database: what is erased meanwhile is not missing from it.
func (s *sqliteStore) read(ctx context.Context, read func(ctx context.Context, tx *sql.Tx) error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	tx, err := s.readers.BeginTx(ctx, nil)
	if err != nil {
		return sqliteError(err)
	}
	defer func() { _ = tx.Rollback() }()
	return sqliteError(read(ctx, tx))
}

// Head says where the log begins and ends.
func (s *sqliteStore) Head(ctx context.Context) (head Head, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		head, err = s.readHead(ctx, tx)
		return err
	})
	return head, wrap("read the head of the log", err)
}

func (s *sqliteStore) readHead(ctx context.Context, tx *sql.Tx) (Head, error) {
	head := Head{Epoch: s.epoch.name}
	err := tx.QueryRowContext(ctx, selectHead).Scan(&head.Position, &head.Oldest)
	return head, err
}

// ReadLog reads events behind a position.
func (s *sqliteStore) ReadLog(
	ctx context.Context, after int64, f LogFilter, limit int,
) (events []LogEvent, upTo int64, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		head, err := s.readHead(ctx, tx)
		switch {
		case err != nil:
			return err
		case after < head.Oldest-1:
			return ErrExpired
		case after >= head.Position || limit < 1:
			upTo = after
			return nil
		}
		upTo = head.Position
		if len(f.ObjectIDs) == 0 && len(f.Kinds)+len(f.NotKinds) > 0 {
			upTo = min(upTo, after+int64(limit)*scannedForOne)
		}
		query, args, err := selectLog(after, upTo, f, limit)
		if err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		if events, err = scanEvents(rows); err == nil && len(events) == limit {
			upTo = events[limit-1].Position
		}
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read the log: %w", err)
	}
	return events, upTo, nil
}

// selectLog finds the events of a few objects by their index, and of those only what it returns is read whole.
func selectLog(after, upTo int64, f LogFilter, limit int) (query string, args []any, err error) {
	from, where := `events`, []string{`position > ?`, `position <= ?`}
	args = []any{after, upTo}
	for _, condition := range []struct {
		texts []string
		sql   string
	}{
		{f.ObjectIDs, `object_id IN (SELECT value FROM json_each(?))`},
		{f.Kinds, `kind IN (SELECT value FROM json_each(?))`},
		{f.NotKinds, `kind NOT IN (SELECT value FROM json_each(?))`},
	} {
		if len(condition.texts) == 0 {
			continue
		}
		list, err := json.Marshal(condition.texts)
		if err != nil {
			return "", nil, err
		}
		where, args = append(where, condition.sql), append(args, string(list))
	}
	if len(f.ObjectIDs) > 0 {
		from += ` INDEXED BY events_object`
	}
	query = `SELECT ` + eventColumns + ` FROM events WHERE position IN (SELECT position FROM ` + from + ` WHERE ` +
		strings.Join(where, " AND ") + ` ORDER BY position LIMIT ?) ORDER BY position`
	return query, append(args, limit), nil
}

// scanEvents reads all rows and closes them.
func scanEvents(rows *sql.Rows) ([]LogEvent, error) {
	defer func() { _ = rows.Close() }()
	var events []LogEvent
	for rows.Next() {
		e, err := scanEvent(rows.Scan)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, rows.Err()
}

func scanEvent(scan func(into ...any) error) (e LogEvent, err error) {
	var published, occurred int64
	err = scan(&e.Position, &published, &e.ObjectID, &e.ObjectKind, &e.Kind, &e.Cause, &e.OperationID, &e.StripeEventID,
		&occurred, &e.Resource)
	e.Time, e.Occurred = time.UnixMicro(published).UTC(), time.UnixMicro(occurred).UTC()
	return e, err
}

// EventByID reads one event.
func (s *sqliteStore) EventByID(ctx context.Context, id string) (e LogEvent, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		e, err = scanEvent(tx.QueryRowContext(ctx, selectEvent, id).Scan)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		return err
	})
	if err != nil {
		return LogEvent{}, fmt.Errorf("read an event: %w", err)
	}
	return e, nil
}

// PositionAt halves the log until it has the place: times do not go back from one position to the next.
func (s *sqliteStore) PositionAt(ctx context.Context, t time.Time) (position int64, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		head, err := s.readHead(ctx, tx)
		if err != nil {
			return err
		}
		before := sort.Search(int(head.Position-head.Oldest+1), func(i int) bool {
			var published int64
			if err == nil {
				err = tx.QueryRowContext(ctx, selectEventTime, head.Oldest+int64(i)).Scan(&published)
			}
			return err != nil || published >= t.UnixMicro()
		})
		if position = head.Oldest + int64(before) - 1; before == 0 {
			position = 0
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("find a position: %w", err)
	}
	return position, nil
}
