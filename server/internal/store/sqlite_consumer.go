package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

const (
	consumerColumns = `caller, name, version, epoch, cursor, acked, filter, stream, stream_time, create_time, update_time`

	selectConsumer  = `SELECT ` + consumerColumns + ` FROM consumers WHERE caller = ?1 AND name = ?2`
	selectConsumers = `SELECT ` + consumerColumns + ` FROM consumers WHERE (?1 = '' OR caller = ?1) AND (caller, name) > (?2, ?3)
		ORDER BY caller, name LIMIT ?4`

	insertConsumer = `INSERT INTO consumers (` + consumerColumns + `) VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)
		ON CONFLICT (caller, name) DO NOTHING`

	updateConsumer = `UPDATE consumers SET version = version + 1, epoch = ?4, cursor = ?5, acked = ?6, filter = ?7, stream = ?8,
			stream_time = ?9, update_time = ?10
		WHERE caller = ?1 AND name = ?2 AND version = ?3`

	deleteConsumer = `DELETE FROM consumers WHERE caller = ?1 AND name = ?2`
)

func scanConsumer(scan func(into ...any) error) (c Consumer, err error) {
	var streamed, created, updated sql.Null[int64]
	err = scan(&c.Caller, &c.Name, &c.Version, &c.Epoch, &c.Cursor, &c.Acked, &c.Filter, &c.Stream, &streamed, &created,
		&updated)
	c.StreamTime, c.CreateTime, c.UpdateTime = micros(streamed), micros(created), micros(updated)
	return c, err
}

// Consumer reads one.
func (s *sqliteStore) Consumer(ctx context.Context, caller, name string) (c Consumer, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		c, err = scanConsumer(tx.QueryRowContext(ctx, selectConsumer, caller, name).Scan)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		return err
	})
	if err != nil {
		return Consumer{}, fmt.Errorf("read a consumer: %w", err)
	}
	return c, nil
}

// PutConsumer writes one.
func (s *sqliteStore) PutConsumer(ctx context.Context, c Consumer) (int64, error) {
	var streamed sql.Null[int64]
	if !c.StreamTime.IsZero() {
		streamed = sql.Null[int64]{V: c.StreamTime.UnixMicro(), Valid: true}
	}
	err := s.change(ctx, "put consumer", func(ctx context.Context, w *writer, now time.Time) error {
		var written int64
		var err error
		if c.Version == 0 {
			written, err = w.exec(ctx, insertConsumer, c.Caller, c.Name, c.Epoch, c.Cursor, c.Acked, c.Filter, c.Stream,
				streamed, now.UnixMicro())
		} else {
			written, err = w.exec(ctx, updateConsumer, c.Caller, c.Name, c.Version, c.Epoch, c.Cursor, c.Acked, c.Filter,
				c.Stream, streamed, now.UnixMicro())
		}
		if err == nil && written == 0 {
			err = ErrFenced
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("write a consumer: %w", err)
	}
	return c.Version + 1, nil
}

// DeleteConsumer forgets one.
func (s *sqliteStore) DeleteConsumer(ctx context.Context, caller, name string) error {
	err := s.change(ctx, "delete consumer", func(ctx context.Context, w *writer, _ time.Time) error {
		deleted, err := w.exec(ctx, deleteConsumer, caller, name)
		if err == nil && deleted == 0 {
			err = ErrNotFound
		}
		return err
	})
	return wrap("delete a consumer", err)
}

// Consumers reads a page.
func (s *sqliteStore) Consumers(
	ctx context.Context, caller, afterCaller, afterName string, limit int,
) (consumers []Consumer, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, selectConsumers, caller, afterCaller, afterName, limit)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			c, err := scanConsumer(rows.Scan)
			if err != nil {
				return err
			}
			consumers = append(consumers, c)
		}
		return rows.Err()
	})
	return consumers, wrap("list consumers", err)
}
