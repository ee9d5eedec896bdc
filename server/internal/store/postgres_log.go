package store

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

const pgHead = `SELECT head, coalesce((SELECT min(position) FROM events), head + 1), epoch FROM event_log`

func scanPgHead(row pgx.CollectableRow) (h Head, err error) {
	err = row.Scan(&h.Position, &h.Oldest, &h.Epoch)
	return h, err
}

// Head implements Log.
func (s *postgres) Head(ctx context.Context) (Head, error) {
	if err := s.enter(); err != nil {
		return Head{}, err
	}
	defer s.leave()
	found, err := pgRead(ctx, s, scanPgHead, pgHead)
	if err != nil {
		return Head{}, err
	}
	return found[0], nil
}

const (
	pgEventColumns = `e.object_id, e.object_kind, e.kind, e.cause, e.operation_id, e.stripe_event_id, e.occurred, e.time,
		e.position, e.resource`

	// pgScannedForOne is how many events ReadLog looks at, by kind, for one that it may return.
	pgScannedForOne = 64
)

func pgEventFields(e *LogEvent) []any {
	return []any{
		&e.ObjectID, &e.ObjectKind, &e.Kind, &e.Cause, &e.OperationID, &e.StripeEventID, &e.Occurred, &e.Time, &e.Position,
		&e.Resource,
	}
}

// pgReadLog reads events, behind $1 and up to $2, as many as $3, of one state of the log: its head stands in every row, also
// where there are none. What is erased meanwhile is not missing from it.
func pgReadLog(where string, objects bool) string {
	from := `SELECT * FROM events e WHERE position > $1 AND position <= $2` + where + ` ORDER BY position LIMIT $3`
	if objects {
		// Of each object, by its index.
		from = `SELECT e.* FROM unnest($4::text[]) AS o (id), LATERAL (SELECT * FROM events e WHERE e.object_id = o.id
			AND position > $1 AND position <= $2` + where + ` ORDER BY position LIMIT $3) AS e ORDER BY position LIMIT $3`
	}
	return `SELECT l.head, coalesce((SELECT min(position) FROM events), l.head + 1), e.position IS NOT NULL, ` +
		pgEventColumns + ` FROM event_log l LEFT JOIN LATERAL (` + from + `) AS e ON true ORDER BY e.position`
}

// pgLogRow is a row of it. Without an event, all of that is nil.
type pgLogRow struct {
	head, oldest int64
	found        bool
	event        LogEvent
}

func scanPgLogRow(row pgx.CollectableRow) (r pgLogRow, err error) {
	e := &r.event
	var objectID, objectKind, kind, cause, operationID, stripeEventID *string
	var occurred, published *time.Time
	var position *int64
	if err = row.Scan(&r.head, &r.oldest, &r.found, &objectID, &objectKind, &kind, &cause, &operationID, &stripeEventID,
		&occurred, &published, &position, &e.Resource); err != nil || !r.found {
		return r, err
	}
	e.ObjectID, e.ObjectKind, e.Kind, e.Cause = *objectID, *objectKind, *kind, *cause
	e.OperationID, e.StripeEventID, e.Position = *operationID, *stripeEventID, *position
	e.Occurred, e.Time = occurred.UTC(), published.UTC()
	return r, nil
}

// ReadLog implements Log.
func (s *postgres) ReadLog(ctx context.Context, after int64, f LogFilter, limit int) ([]LogEvent, int64, error) {
	if err := s.enter(); err != nil {
		return nil, 0, err
	}
	defer s.leave()
	window := int64(math.MaxInt64)
	if len(f.ObjectIDs) == 0 && len(f.Kinds)+len(f.NotKinds) > 0 {
		window = after + int64(limit)*pgScannedForOne
	}
	args := []any{after, window, limit}
	var where strings.Builder
	if len(f.ObjectIDs) > 0 {
		args = append(args, pgTexts(f.ObjectIDs))
	}
	for _, condition := range []struct {
		texts []string
		sql   string
	}{{f.Kinds, ` AND e.kind = ANY($%d::text[])`}, {f.NotKinds, ` AND e.kind <> ALL($%d::text[])`}} {
		if len(condition.texts) > 0 {
			args = append(args, pgTexts(condition.texts))
			fmt.Fprintf(&where, condition.sql, len(args))
		}
	}
	rows, err := pgRead(ctx, s, scanPgLogRow, pgReadLog(where.String(), len(f.ObjectIDs) > 0), args...)
	switch {
	case err != nil:
		return nil, 0, err
	case after < rows[0].oldest-1:
		return nil, 0, fmt.Errorf("read the log: %w", ErrExpired)
	}
	var events []LogEvent
	for _, row := range rows {
		if row.found {
			events = append(events, row.event)
		}
	}
	switch {
	case after >= rows[0].head:
		return nil, after, nil
	case limit > 0 && len(events) == limit:
		return events, events[limit-1].Position, nil
	}
	return events, min(window, rows[0].head), nil
}

func pgTexts(texts []string) []string {
	clean := make([]string, len(texts))
	for i, text := range texts {
		clean[i] = pgText(text)
	}
	return clean
}

// EventByID implements Log.
func (s *postgres) EventByID(ctx context.Context, id string) (LogEvent, error) {
	if err := s.enter(); err != nil {
		return LogEvent{}, err
	}
	defer s.leave()
	found, err := pgRead(ctx, s, func(row pgx.CollectableRow) (e LogEvent, err error) {
		err = row.Scan(pgEventFields(&e)...)
		e.Occurred, e.Time = e.Occurred.UTC(), e.Time.UTC()
		return e, err
	}, `SELECT `+pgEventColumns+` FROM events e WHERE event_id = $1 AND position IS NOT NULL`, pgText(id))
	if err != nil {
		return LogEvent{}, err
	}
	if len(found) == 0 {
		return LogEvent{}, ErrNotFound
	}
	return found[0], nil
}

// Times do not go back from one position to the next, and positions have no gaps: to halve the log again and again takes as
// many reads as a number has digits, and no index of the times.
const pgPositionAt = `WITH RECURSIVE search (below, above) AS (
		SELECT coalesce((SELECT min(position) FROM events), head + 1) - 1, head FROM event_log
		UNION ALL
		SELECT CASE WHEN e.time < $1 THEN e.position ELSE below END, CASE WHEN e.time < $1 THEN above ELSE e.position - 1 END
		FROM search, LATERAL (SELECT position, time FROM events WHERE position = (below + above + 1) / 2) AS e
		WHERE below < above
	) SELECT max(below) FROM search WHERE below >= (SELECT min(position) FROM events)`

// PositionAt implements Log.
func (s *postgres) PositionAt(ctx context.Context, t time.Time) (int64, error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.leave()
	found, err := pgRead(ctx, s, pgx.RowTo[*int64], pgPositionAt, t)
	if err != nil || found[0] == nil {
		return 0, err
	}
	return *found[0], nil
}
