package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

const (
	pgSelectConsumers = `SELECT caller, name, version, epoch, cursor, acked, filter, stream, stream_time, create_time, update_time
		FROM consumers WHERE `

	pgInsertConsumer = `INSERT INTO consumers (caller, name, version, epoch, cursor, acked, filter, stream, stream_time,
			create_time, update_time)
		SELECT $1::text, $2::text, $3::bigint + 1, $4::text, $5::bigint, $6::bytea, $7::bytea, $8::text, $9::timestamptz, now, now
		FROM` + pgClock + `ON CONFLICT (caller, name) DO NOTHING RETURNING true`

	pgUpdateConsumer = `UPDATE consumers SET version = version + 1, epoch = $4, cursor = $5, acked = $6, filter = $7, stream = $8,
			stream_time = $9, update_time = now
		FROM` + pgClock + `WHERE caller = $1 AND name = $2 AND version = $3 RETURNING true`

	pgDeleteConsumer = `DELETE FROM consumers WHERE caller = $1 AND name = $2 RETURNING true`
)

func scanPgConsumer(row pgx.CollectableRow) (c Consumer, err error) {
	var streamed pgtype.Timestamptz
	err = row.Scan(&c.Caller, &c.Name, &c.Version, &c.Epoch, &c.Cursor, &c.Acked, &c.Filter, &c.Stream, &streamed,
		&c.CreateTime, &c.UpdateTime)
	c.StreamTime, c.CreateTime, c.UpdateTime = streamed.Time.UTC(), c.CreateTime.UTC(), c.UpdateTime.UTC()
	return c, err
}

// Consumer implements Log.
func (s *postgres) Consumer(ctx context.Context, caller, name string) (Consumer, error) {
	if err := s.enter(); err != nil {
		return Consumer{}, err
	}
	defer s.leave()
	return s.consumer(ctx, caller, name)
}

func (s *postgres) consumer(ctx context.Context, caller, name string) (Consumer, error) {
	found, err := pgRead(ctx, s, scanPgConsumer, pgSelectConsumers+`caller = $1 AND name = $2`, pgText(caller), pgText(name))
	if err != nil {
		return Consumer{}, err
	}
	if len(found) == 0 {
		return Consumer{}, ErrNotFound
	}
	return found[0], nil
}

// PutConsumer implements Log.
func (s *postgres) PutConsumer(ctx context.Context, p Consumer) (int64, error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.leave()
	caller, name := pgText(p.Caller), pgText(p.Name)
	c := &pgChange{
		name: "put consumer", id: consumerRow(caller, name), log: true, sql: pgUpdateConsumer,
		args: []any{
			caller, name, p.Version, p.Epoch, p.Cursor, p.Acked, p.Filter, p.Stream,
			pgtype.Timestamptz{Time: p.StreamTime, Valid: !p.StreamTime.IsZero()},
		},
	}
	if p.Version == 0 {
		c.sql = pgInsertConsumer
	}
	made, err := s.change(ctx, c)
	if err != nil {
		return 0, err
	}
	if made {
		return p.Version + 1, nil
	}
	if !c.lost {
		return 0, fmt.Errorf("put consumer: %w", ErrFenced)
	}
	// It is at another version: perhaps by this very call.
	stands, err := s.consumer(ctx, caller, name)
	switch {
	case errors.Is(err, ErrNotFound):
		return 0, fmt.Errorf("put consumer: %w", ErrFenced)
	case err != nil:
		return 0, c.unread(err)
	case stands.Version != p.Version+1 || stands.Epoch != p.Epoch || stands.Cursor != p.Cursor ||
		stands.Stream != p.Stream || !bytes.Equal(stands.Acked, p.Acked) || !bytes.Equal(stands.Filter, p.Filter):
		return 0, fmt.Errorf("put consumer: %w", ErrFenced)
	}
	return stands.Version, nil
}

// consumerRow names its row among those that a batch locks.
func consumerRow(caller, name string) string { return "consumer " + caller + " " + name }

// DeleteConsumer implements Log.
func (s *postgres) DeleteConsumer(ctx context.Context, caller, name string) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	caller, name = pgText(caller), pgText(name)
	c := &pgChange{
		name: "delete consumer", id: consumerRow(caller, name), log: true, sql: pgDeleteConsumer, args: []any{caller, name},
	}
	made, err := s.change(ctx, c)
	if err == nil && !made && !c.lost {
		return fmt.Errorf("delete consumer: %w", ErrNotFound)
	}
	return err
}

// Consumers implements Log.
func (s *postgres) Consumers(ctx context.Context, caller, afterCaller, afterName string, limit int) ([]Consumer, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	return pgRead(ctx, s, scanPgConsumer, pgSelectConsumers+`($1 = '' OR caller = $1) AND (caller, name) > ($2, $3)
		ORDER BY caller, name LIMIT $4`, pgText(caller), pgText(afterCaller), pgText(afterName), limit)
}
