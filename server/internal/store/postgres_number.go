package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// pgNumber gives positions to events that are committed. Whoever holds another term numbers nothing: the row of event_log is
// locked until the commit, and looked at again by who had to wait for it.
//
// Of what a snapshot sees, the one before did not see only what it knew to be under way, $4, and what began after it, from
// $3 on. So nothing is looked at twice, however long a transaction lasts that keeps what is done from being cleaned up, such
// as that of a backup.
const pgNumber = `WITH waiting AS MATERIALIZED (
		SELECT place, row_number() OVER (ORDER BY xid, id) AS n FROM (
			(SELECT ctid AS place, id, xid FROM events WHERE position IS NULL AND xid = ANY($4::bigint[]) ORDER BY xid, id LIMIT $2)
			UNION ALL
			(SELECT ctid AS place, id, xid FROM events WHERE position IS NULL AND xid >= $3::bigint ORDER BY xid, id LIMIT $2)
		) AS found ORDER BY xid, id LIMIT $2
	), moved AS (
		UPDATE event_log SET head = head + (SELECT count(*) FROM waiting), time = greatest(time, (SELECT tillgate_now()))
		WHERE term = $1 AND EXISTS (SELECT FROM waiting)
		RETURNING head - (SELECT count(*) FROM waiting) AS base, time
	), numbered AS (
		UPDATE events e SET position = moved.base + waiting.n, time = moved.time FROM waiting, moved
		WHERE e.ctid = waiting.place AND e.position IS NULL RETURNING true
	), counted AS (
		SELECT count(*) AS n FROM numbered
	) SELECT n, CASE WHEN n > 0 THEN pg_notify('` + pgNumbered + `', '') IS NULL END, term, head + n, epoch,
		pg_snapshot_xmax(snapshot)::text::bigint,
		ARRAY(SELECT xip::text::bigint FROM pg_snapshot_xip(snapshot) AS xip)
	FROM counted, event_log, pg_current_snapshot() AS snapshot`

// pgLeader numbers events, under its term.
type pgLeader struct {
	conn *pgx.Conn
	term int64
	// limit is how many are numbered at once.
	limit int
	seen  pgSeen
	// next and open are what the last snapshot that was looked at whole leaves to look at: transactions from next on, and
	// those that were under way.
	next int64
	open []int64
}

// number gives positions to some, and says how many, whether there may be more, and whether the term has ended.
func (l *pgLeader) number(ctx context.Context) (n int, more, over bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, numberLimit)
	defer cancel()
	var term, next int64
	var open []int64
	var ignored *bool
	if err := l.conn.QueryRow(ctx, pgNumber, l.term, l.limit, l.next, l.open).
		Scan(&n, &ignored, &term, &l.seen.head, &l.seen.epoch, &next, &open); err != nil {
		return 0, false, false, err
	}
	if n < l.limit {
		l.next, l.open = next, open
	}
	return n, n == l.limit, term != l.term, nil
}
