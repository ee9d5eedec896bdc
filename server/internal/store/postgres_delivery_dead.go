package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// How many wait behind each dead letter is counted once for all of them.
const pgDeadLetters = `WITH page AS (
		SELECT * FROM deliveries WHERE state = $1 AND state IN (3, 4) AND number > $2 ORDER BY number LIMIT $3
	), behind AS (
		SELECT object_id AS blocked_id, count(*) AS blocked FROM deliveries
		WHERE state = 1 AND object_id <> '' AND object_id IN (SELECT object_id FROM page WHERE state = 3) GROUP BY object_id
	) SELECT ` + pgDeliveryColumns + `, coalesce(blocked, 0) FROM page LEFT JOIN behind ON blocked_id = object_id
	ORDER BY number`

// DeadLetters implements Log.
func (s *postgres) DeadLetters(ctx context.Context, quarantined bool, after string, limit int) ([]DeadLetter, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	state, number := DeliveryDead, int64(0)
	if quarantined {
		state = DeliveryQuarantined
	}
	if after != "" {
		numbers, err := pgRead(ctx, s, pgx.RowTo[int64], `SELECT number FROM deliveries WHERE id = $1`, pgText(after))
		if err != nil {
			return nil, err
		}
		if len(numbers) == 0 {
			return nil, ErrNotFound
		}
		number = numbers[0]
	}
	return pgRead(ctx, s, func(row pgx.CollectableRow) (DeadLetter, error) {
		var blocked int
		letter, err := scanPgDelivery(row, &blocked)
		letter.Blocked = blocked
		return letter, err
	}, pgDeadLetters, state, number, limit)
}

// A dead letter that is revived is the first to be tried: others have waited for it. It is returned as it was. Those of
// its object come with it, since one of them that is dead would hold up the others for good; what is of no object is alone.
const pgRevive = `WITH locked AS MATERIALIZED (
		SELECT * FROM deliveries WHERE state = 3 AND (id = $1 OR object_id = ANY(ARRAY(
			SELECT object_id FROM deliveries WHERE id = $1 AND state = 3 AND object_id <> '')))
		ORDER BY id FOR UPDATE
	), dead AS (
		SELECT * FROM locked WHERE EXISTS (SELECT FROM locked WHERE id = $1)
	), revived AS (
		UPDATE deliveries SET state = 1, tries = 0, held = false, update_time = now, due_time = least(dead.receive_time, now)
		FROM` + pgClock + `, dead WHERE deliveries.id = dead.id
	) SELECT ` + pgDeliveryColumns + `, (SELECT count(*) FROM deliveries b
		WHERE b.state = 1 AND b.object_id <> '' AND b.object_id = dead.object_id) FROM dead WHERE id = $1`

// Revive implements Log.
func (s *postgres) Revive(ctx context.Context, id string) (DeadLetter, error) {
	if err := s.enter(); err != nil {
		return DeadLetter{}, err
	}
	defer s.leave()
	var letter DeadLetter
	id = pgText(id)
	revived, err := s.alone(ctx, &pgChange{
		name: "revive", id: id, log: true, sql: pgRevive, args: []any{id},
		scan: func(rows pgx.Rows) error {
			var blocked int
			var err error
			letter, err = scanPgDelivery(rows, &blocked)
			letter.Blocked = blocked
			return err
		},
	})
	if err != nil {
		return DeadLetter{}, err
	}
	if revived {
		return letter, nil
	}
	stands, err := pgRead(ctx, s, pgx.RowTo[bool], `SELECT true FROM deliveries WHERE id = $1`, id)
	if err != nil {
		return DeadLetter{}, err
	}
	if len(stands) == 0 {
		return DeadLetter{}, fmt.Errorf("revive: %w", ErrNotFound)
	}
	return DeadLetter{}, fmt.Errorf("revive: %w", ErrFenced)
}
