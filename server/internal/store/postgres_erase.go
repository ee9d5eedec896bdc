package store

import (
	"context"
	"time"
)

const pgErase = `WITH old AS (
		SELECT id AS old_id FROM operations
		WHERE state IN (2, 3, 5) AND NOT erased AND end_time < (SELECT tillgate_now()) - $1::bigint * interval '1 microsecond'
		ORDER BY end_time LIMIT $2 FOR UPDATE SKIP LOCKED
	) UPDATE operations SET erased = true, caller = '', method = '', idempotency_key = '', attempt = 0, begin_token = NULL,
		request_hash = NULL, parameters = NULL, outcome = NULL, object_id = '', reason = 0, uncertainty = 0,
		never_send = false, sends = 0, look_ups = 0, stripe_request_ids = '', resolver = '', note = '', begin_time = NULL,
		update_time = NULL, end_time = NULL, due_time = NULL, last_send_time = NULL, held = false,
		reference = '', generation = 0, steps_done = 0, stripe_key = '', told = ''
	FROM old WHERE id = old_id RETURNING true`

// Erase implements Store.
func (s *postgres) Erase(ctx context.Context, age time.Duration, limit int) (int, error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.leave()
	c := &pgChange{name: "erase", sql: pgErase, args: []any{age.Microseconds(), limit}}
	if _, err := s.alone(ctx, c); err != nil {
		return 0, err
	}
	return c.hits, nil
}
