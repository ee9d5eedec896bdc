package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	pgOld = ` < (SELECT tillgate_now()) - $1::bigint * interval '1 microsecond'`

	// The oldest are looked at and no more, so that it costs the same however long the log is. The first one that is young
	// ends it: no gap comes into being. The newest event stays.
	pgEraseEvents = `DELETE FROM events WHERE position < (SELECT head FROM event_log) AND position < coalesce(
			(SELECT min(position) FROM (SELECT position, time FROM events WHERE position IS NOT NULL ORDER BY position
				LIMIT $2::int) AS oldest WHERE NOT time` + pgOld + `),
			(SELECT min(position) FROM events) + $2::int
		) RETURNING true`

	pgEraseDeliveries = `DELETE FROM deliveries WHERE id IN (
			SELECT id FROM deliveries WHERE state IN (2, 4) AND update_time` + pgOld + `
			ORDER BY update_time LIMIT $2::int FOR UPDATE SKIP LOCKED
		) RETURNING true`
)

// EraseLog implements Log.
func (s *postgres) EraseLog(ctx context.Context, age time.Duration, limit int) (int, error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.leave()
	erased := 0
	for _, sql := range []string{pgEraseEvents, pgEraseDeliveries} {
		// Of two who erase at once, one waits: no gap may come into being where one of them fails.
		c := &pgChange{name: "erase log", reference: "erase log", log: true, sql: sql, args: []any{age.Microseconds(), limit}}
		if _, err := s.alone(ctx, c); err != nil {
			return erased, err
		}
		erased += c.hits
	}
	return erased, nil
}

const pgLogStats = `SELECT
		(SELECT count(*) FROM deliveries WHERE state = 1), (SELECT count(*) FROM deliveries WHERE state = 3),
		(SELECT count(*) FROM deliveries WHERE state = 4),
		coalesce((SELECT extract(epoch FROM tillgate_now() - min(receive_time)) FROM deliveries WHERE state = 1), 0)::float8,
		(SELECT count(*) FROM events WHERE position IS NULL)`

// LogStats implements Log.
func (s *postgres) LogStats(ctx context.Context) (LogStats, error) {
	if err := s.enter(); err != nil {
		return LogStats{}, err
	}
	defer s.leave()
	found, err := pgRead(ctx, s, func(row pgx.CollectableRow) (stats LogStats, err error) {
		var seconds float64
		err = row.Scan(&stats.Waiting, &stats.Dead, &stats.Quarantined, &seconds, &stats.Unnumbered)
		stats.Oldest = max(time.Duration(seconds*float64(time.Second)), 0)
		return stats, err
	}, pgLogStats)
	if err != nil {
		return LogStats{}, err
	}
	return found[0], nil
}
