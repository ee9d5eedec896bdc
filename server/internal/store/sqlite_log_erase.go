package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

const (
	// The oldest are looked at and no more, so that it costs the same however long the log is. The first one that is young
	// ends it: no gap comes into being. The newest event stays.
	eraseLog = `DELETE FROM events WHERE position < (SELECT head FROM event_log) AND position < coalesce(
			(SELECT min(position) FROM (SELECT position, time FROM events ORDER BY position LIMIT ?2) WHERE time >= ?1),
			(SELECT min(position) FROM events) + ?2)`

	// Those that are waiting or dead stay among the oldest, and are looked at beside the others.
	selectOldDeliveries = `SELECT number FROM (SELECT number, state, update_time FROM deliveries ORDER BY number
			LIMIT ?2 + (SELECT count(*) FROM deliveries WHERE state = 1) + (SELECT count(*) FROM deliveries WHERE state = 3))
		WHERE state IN (2, 4) AND update_time < ?1 LIMIT ?2`

	eraseBodies     = `DELETE FROM delivery_bodies WHERE number IN (` + selectOldDeliveries + `)`
	eraseDeliveries = `DELETE FROM deliveries WHERE number IN (` + selectOldDeliveries + `)`

	selectLogStats = `SELECT (SELECT count(*) FROM deliveries WHERE state = 1),
		(SELECT count(*) FROM deliveries WHERE state = 3 AND state IN (3, 4)),
		(SELECT count(*) FROM deliveries WHERE state = 4 AND state IN (3, 4)),
		(SELECT receive_time FROM deliveries WHERE number = (SELECT min(number) FROM deliveries WHERE state = 1))`
)

// EraseLog deletes what is old.
func (s *sqliteStore) EraseLog(ctx context.Context, age time.Duration, limit int) (int, error) {
	var erased int64
	err := s.change(ctx, "erase log", func(ctx context.Context, w *writer, now time.Time) error {
		before := now.Add(-age).UnixMicro()
		events, err := w.exec(ctx, eraseLog, before, limit)
		if err != nil {
			return err
		}
		if _, err := w.exec(ctx, eraseBodies, before, limit); err != nil {
			return err
		}
		deliveries, err := w.exec(ctx, eraseDeliveries, before, limit)
		erased = events + deliveries
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("erase the log: %w", err)
	}
	return int(erased), nil
}

// LogStats counts what has not become an event.
func (s *sqliteStore) LogStats(ctx context.Context) (stats LogStats, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var oldest sql.Null[int64]
		err := tx.QueryRowContext(ctx, selectLogStats).Scan(&stats.Waiting, &stats.Dead, &stats.Quarantined, &oldest)
		if errors.Is(err, sql.ErrNoRows) {
			err = nil
		}
		if now, _ := s.now(); oldest.Valid {
			stats.Oldest = max(now.Sub(micros(oldest)), 0)
		}
		return err
	})
	return stats, wrap("count deliveries", err)
}
