package store

import (
	"bytes"
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// pgIngest makes any number of Ingests of a batch, no two of one delivery or one object: to begin a statement takes longer
// than what it does for one of them. It says what it found for each, whether or not it wrote anything.
var pgIngest = `WITH given AS MATERIALIZED (
		SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::smallint[], $7::bigint[],
				$8::text[], $9::int[], $10::boolean[], $11::bytea[], $12::bytea[]) WITH ORDINALITY
			AS g (delivery, by, version, id, kind, basis, created, cause, state, ended, resource, public, n)
	), delivery AS MATERIALIZED (
		SELECT id, state, attempt, published FROM deliveries WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE
	), standing AS MATERIALIZED (
		SELECT o.*, ` + pgEndedStays + ` AS kept FROM given g JOIN objects o ON o.id = g.id
	), may AS MATERIALIZED (
		SELECT g.*, now FROM given g LEFT JOIN delivery d ON d.id = g.delivery LEFT JOIN standing s ON s.id = g.id,` + pgClock + `
		WHERE (g.delivery = '' OR d.state = 1 AND d.attempt = g.by)
			AND (g.id = '' OR g.version = coalesce(s.version, 0))
	), ` + pgObjectsPut("may") + `, telling AS MATERIALIZED (
		SELECT * FROM unnest($13::bigint[], ` + pgEventArrays(14) + `) WITH ORDINALITY AS e (of, ` + pgEventNames + `, n)
	), ` + pgEventsPut("may JOIN telling e ON e.of = may.n LEFT JOIN standing s ON s.id = may.id", "may.n, e.n") + `, news AS (
		SELECT DISTINCT e.of FROM written JOIN telling e ON e.event_id = written.event_id
	), done AS (
		UPDATE deliveries d SET state = 2, cause = 0, held = false, published = EXISTS (SELECT FROM news WHERE of = may.n),
			update_time = now
		FROM may WHERE d.id = may.delivery
	) SELECT g.n, EXISTS (SELECT FROM may WHERE may.n = g.n), EXISTS (SELECT FROM news WHERE of = g.n), coalesce(d.state, 0),
		coalesce(d.attempt, 0), coalesce(d.published, false), coalesce(s.version, 0), s.resource
	FROM given g LEFT JOIN delivery d ON d.id = g.delivery LEFT JOIN standing s ON s.id = g.id`

// pgIngested is what an Ingest found.
type pgIngested struct {
	ingest        Ingest
	made, written bool
	// state, attempt and published are those of the delivery; version and resource those of the object.
	state     DeliveryState
	attempt   int64
	published bool
	version   int64
	resource  []byte
}

// pgIngestAll is the statement of several.
func pgIngestAll(batch []*pgChange) pgStatement {
	var objects pgObjectArgs
	var events pgEventArgs
	deliveries, attempts, versions := make([]string, len(batch)), make([]int64, len(batch)), make([]int64, len(batch))
	var of []int64
	for i, c := range batch {
		in := c.ingested.ingest
		deliveries[i], attempts[i] = in.ID, in.Attempt
		if in.Object != nil {
			versions[i] = in.Object.Version
		}
		objects.add(in.Object)
		events.add(in.Events)
		for range in.Events {
			of = append(of, int64(i)+1)
		}
	}
	args := append([]any{deliveries, attempts, versions}, objects.list()...)
	args = append(append(args, of), events.list()...)
	return pgStatement{sql: pgIngest, args: args, scan: func(rows pgx.Rows) error {
		var n int
		var found pgIngested
		if err := rows.Scan(&n, &found.made, &found.written, &found.state, &found.attempt, &found.published, &found.version,
			&found.resource); err != nil {
			return err
		}
		c := batch[n-1]
		found.ingest = c.ingested.ingest
		*c.ingested = found
		c.hits = 1
		return nil
	}}
}

// Ingest implements Log.
func (s *postgres) Ingest(ctx context.Context, i Ingest) (bool, error) {
	if err := s.enter(); err != nil {
		return false, err
	}
	defer s.leave()
	found := &pgIngested{ingest: i}
	c := &pgChange{
		name: "ingest", id: i.ID, log: true, ingested: found,
		objects: pgObjects(i.Object, i.Events), tells: len(i.Events) > 0, told: pgTellings(i),
	}
	if _, err := s.change(ctx, c); err != nil {
		return false, err
	}
	switch {
	case found.made:
		return found.written, nil
	case i.ID != "" && found.state == DeliveryDone && found.attempt == i.Attempt:
		return found.published, nil // By this very call, or one before it.
	case i.ID != "" && (found.state != DeliveryWaiting || found.attempt != i.Attempt):
		return false, fmt.Errorf("ingest: %w", ErrFenced)
	case c.lost && found.version == i.Object.Version+1 && bytes.Equal(found.resource, i.Object.Resource):
		return len(i.Events) > 0, nil // By this very call: what is sealed is like nothing else.
	}
	return false, fmt.Errorf("ingest: %w", ErrConflict)
}
