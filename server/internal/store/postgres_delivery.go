package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// pgReceive keeps any number of deliveries, and returns the ids of those that are new.
const pgReceive = `INSERT INTO deliveries (id, state, cause, kind, object_id, api_version, account, livemode, created, body,
		receive_time, update_time, due_time)
	SELECT id, state, cause, kind, object_id, api_version, account, livemode, created, body, now, now, now
	FROM unnest($1::text[], $2::smallint[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::boolean[],
			$9::bigint[], $10::bytea[]) WITH ORDINALITY
		AS d (id, state, cause, kind, object_id, api_version, account, livemode, created, body, n),` + pgClock + `
	ORDER BY d.n ON CONFLICT (id) DO NOTHING RETURNING id`

// pgReceiveAll is the statement of several, in the order of their ids. Of two with one id, one is new.
func pgReceiveAll(batch []*pgChange) pgStatement {
	var texts [5][]string
	var states []int16
	var causes []int32
	var live []bool
	var created []int64
	var bodies [][]byte
	byID := map[string]*pgChange{}
	for _, c := range batch {
		d := c.received
		for column, text := range []string{d.ID, d.Kind, d.ObjectID, d.APIVersion, d.Account} {
			texts[column] = append(texts[column], pgText(text))
		}
		states, causes = append(states, int16(d.State)), append(causes, d.Cause)
		live, created, bodies = append(live, d.Livemode), append(created, d.Created), append(bodies, d.Body)
		if byID[c.id] == nil {
			byID[c.id] = c
		}
	}
	return pgStatement{
		sql:  pgReceive,
		args: []any{texts[0], states, causes, texts[1], texts[2], texts[3], texts[4], live, created, bodies},
		scan: func(rows pgx.Rows) error {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			byID[id].hits = 1
			return nil
		},
	}
}

// Receive implements Log.
func (s *postgres) Receive(ctx context.Context, d Delivery) (fresh bool, err error) {
	if err := s.enter(); err != nil {
		return false, err
	}
	defer s.leave()
	if d.State != DeliveryWaiting && d.State != DeliveryDead && d.State != DeliveryQuarantined {
		return false, fmt.Errorf("receive: %d is no state of what was not tried yet", d.State)
	}
	c := &pgChange{name: "receive", id: pgText(d.ID), log: true, received: &d}
	fresh, err = s.change(ctx, c)
	if err != nil || fresh || !c.lost {
		return fresh, err
	}
	// It is there: by this very call, or by another one. What is sealed is like nothing else.
	stands, err := pgRead(ctx, s, pgx.RowTo[[]byte], `SELECT body FROM deliveries WHERE id = $1`, c.id)
	if err != nil {
		return false, c.unread(err)
	}
	return len(stands) > 0 && bytes.Equal(stands[0], d.Body), nil
}

// pgText is a text as PostgreSQL takes it: what others send may hold anything.
func pgText(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", "\uFFFD"), "\uFFFD")
}

const pgDeliveryColumns = `id, state, cause, kind, object_id, api_version, account, livemode, created, body, attempt, tries,
	receive_time, update_time`

func scanPgDelivery(row pgx.CollectableRow, more ...any) (d DeadLetter, err error) {
	err = row.Scan(append([]any{
		&d.ID, &d.State, &d.Cause, &d.Kind, &d.ObjectID, &d.APIVersion, &d.Account, &d.Livemode, &d.Created, &d.Body,
		&d.Attempt, &d.Tries, &d.ReceiveTime, &d.UpdateTime,
	}, more...)...)
	d.ReceiveTime, d.UpdateTime = d.ReceiveTime.UTC(), d.UpdateTime.UTC()
	return d, err
}

// What can not be read is of no object, and blocks none.
const pgClaimDeliveries = `WITH due AS (
		SELECT d.id AS due_id, due_time AS was_due, number AS was_number
		FROM deliveries d, (SELECT tillgate_now() AS now) AS clock
		WHERE state = 1 AND (due_time <= now OR due_time > now + interval '2 hours')
			AND (object_id = '' OR NOT EXISTS (SELECT FROM deliveries b WHERE b.state = 3 AND b.object_id = d.object_id))
		ORDER BY due_time, number LIMIT $2
		FOR UPDATE OF d SKIP LOCKED
	), claimed AS (
		UPDATE deliveries SET attempt = attempt + 1, held = true, update_time = now,
			due_time = now + $1::bigint * interval '1 microsecond'
		FROM` + pgClock + `, due WHERE id = due_id RETURNING deliveries.*, was_due, was_number
	) SELECT ` + pgDeliveryColumns + ` FROM claimed ORDER BY was_due, was_number`

// ClaimDeliveries implements Log.
func (s *postgres) ClaimDeliveries(ctx context.Context, lease time.Duration, limit int) ([]ClaimedDelivery, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	var claimed []ClaimedDelivery
	c := &pgChange{
		name: "claim deliveries", log: true, sql: pgClaimDeliveries, args: []any{lease.Microseconds(), limit},
		scan: func(rows pgx.Rows) error {
			d, err := scanPgDelivery(rows)
			claimed = append(claimed, d.ClaimedDelivery)
			return err
		},
	}
	if _, err := s.alone(ctx, c); err != nil {
		return nil, err
	}
	return claimed[len(claimed)-c.hits:], nil // The last try is the one that was made.
}

// What this attempt has already given back stays so.
const pgDefer = `WITH stands AS (
		SELECT state, held, cause FROM deliveries WHERE id = $1 AND attempt = $2 FOR UPDATE
	), done AS (
		UPDATE deliveries d SET state = $3::smallint, cause = $4::int, tries = tries + $5::int, held = false,
			update_time = now, due_time = now + $6::bigint * interval '1 microsecond',
			object_id = CASE WHEN $7::boolean THEN '' ELSE object_id END
		FROM` + pgClock + `, stands s
		WHERE d.id = $1 AND s.state = 1 AND (s.held OR s.cause <> $4::int OR s.state <> $3::smallint)
	) SELECT true FROM stands WHERE state = 1 OR state = $3::smallint AND NOT held AND cause = $4::int`

// Defer implements Log.
func (s *postgres) Defer(ctx context.Context, d Deferral) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	state, counted := DeliveryWaiting, 0
	if d.Dead {
		state = DeliveryDead
	}
	if d.Counted {
		counted = 1
	}
	return s.fenced(ctx, &pgChange{
		name: "defer", id: d.ID, log: true, sql: pgDefer,
		args: []any{d.ID, d.Attempt, state, d.Cause, counted, d.After.Microseconds(), d.Unbound},
	})
}

// Known implements Log.
func (s *postgres) Known(ctx context.Context, ids []string) ([]string, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	texts := pgTexts(ids)
	found, err := pgRead(ctx, s, pgx.RowTo[string], `SELECT id FROM deliveries WHERE id = ANY($1)`, texts)
	var known []string
	for i, id := range ids {
		if slices.Contains(found, texts[i]) && !slices.Contains(known, id) {
			known = append(known, id)
		}
	}
	return known, err
}
