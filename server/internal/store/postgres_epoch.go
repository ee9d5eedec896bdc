package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
)

// pgFingerprint is of what the log stands in: the cluster, its history, the database, and the table. A copy that was
// restored differs in one of them, and so does a standby that took over, which may not have all that was committed. The
// history is that of the write-ahead log: what pg_control_checkpoint says of it lags behind a promotion.
const pgFingerprint = `(SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
	left(pg_walfile_name(pg_current_wal_insert_lsn()), 8),
	(SELECT oid FROM pg_database WHERE datname = current_database()), 'event_log'::regclass::oid))`

// pgNewEpoch begins an epoch where the fingerprint is not that of the one that stands, or where the log ends before a
// position that was seen in it. Numbers of transactions that another cluster gave mean nothing here.
const pgNewEpoch = `WITH was AS (
		SELECT epoch AS was_epoch, fingerprint AS was_fingerprint, head AS was_head FROM event_log FOR UPDATE
	), print AS (
		SELECT ` + pgFingerprint + ` AS seen
	), begun AS (
		UPDATE event_log SET epoch = $1, fingerprint = seen, term = term + 1 FROM was, print
		WHERE was_fingerprint <> seen OR was_epoch = $2 AND was_head < $3 RETURNING was_epoch
	), renumbered AS (
		UPDATE events SET xid = 0 FROM begun WHERE position IS NULL
	) SELECT was_epoch FROM begun`

// pgSeen is the furthest head that this process saw, and in which epoch.
type pgSeen struct {
	epoch string
	head  int64
}

// checkEpoch sees whether the log is still the one that it was.
func (s *postgres) checkEpoch(ctx context.Context) error {
	return pgx.BeginFunc(ctx, s.changes, func(tx pgx.Tx) error { return s.checkEpochIn(ctx, tx, pgSeen{}) })
}

// checkEpochIn does so in a transaction that commits.
func (s *postgres) checkEpochIn(ctx context.Context, tx pgx.Tx, seen pgSeen) error {
	rows, err := tx.Query(ctx, pgNewEpoch, rand.Text(), seen.epoch, seen.head)
	if err != nil {
		return fmt.Errorf("check the log's epoch: %w", readError(err))
	}
	was, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("check the log's epoch: %w", readError(err))
	}
	if len(was) > 0 && was[0] != "" {
		s.logger.LogAttrs(ctx, slog.LevelWarn, "the store is a copy, was restored, or has failed over: the log of events "+
			"begins a new epoch, and every reader of it must begin anew")
	}
	return nil
}
