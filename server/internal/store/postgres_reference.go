package store

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/jackc/pgx/v5"
)

// Whoever begins for a reference waits for those who do so at the same time, and then sees what they did: the locks
// come before the statements that look. A transaction takes all of them before its first row, in one order, so that no
// two wait for each other.
const pgLockReferences = `SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS key`

const pgMakers = ` FROM customer_references r LEFT JOIN operations m ON m.id = r.operation_id WHERE r.reference = `

const pgStanding = `SELECT r.generation, r.operation_id, r.object_id,
	r.generation <= $2::bigint OR ` + referenceFree + pgMakers + `$1::text`

// pgBeginReferred is pgBegin for the reference $10, of which the generation $11 is over. Its rule is that of
// standing.next.
const pgBeginReferred = `WITH standing AS (
		SELECT r.generation AS stands, r.operation_id = $1::text AS ours, r.generation <= $11::bigint AS over,
			` + referenceFree + ` AS free` + pgMakers + `$10::text
	), next AS (
		SELECT CASE WHEN ours AND NOT over THEN stands ELSE stands + 1 END AS generation FROM standing
		WHERE ours OR over OR free
		UNION ALL SELECT 1 WHERE NOT EXISTS (SELECT FROM standing)
	), begun AS (` + pgBeginRow + `$10::text, next.generation FROM next,` + pgClock + pgBeginAnew + `RETURNING *
	), stood AS (
		INSERT INTO customer_references (reference, generation, operation_id) SELECT reference, generation, id FROM begun
		ON CONFLICT (reference) DO UPDATE SET generation = excluded.generation, operation_id = excluded.operation_id,
			object_id = ''
	) SELECT ` + pgColumns + ` FROM begun`

// lockReferences are the locks that a batch takes.
func lockReferences(batch []*pgChange) (keys []int64) {
	for _, c := range batch {
		if c.reference != "" {
			hash := fnv.New64a()
			_, _ = hash.Write([]byte(c.reference))
			keys = append(keys, int64(hash.Sum64())) //nolint:gosec // any number will do, if it is always the same
		}
	}
	slices.Sort(keys)
	return keys
}

// maker reads the operation to which a begin for a reference has to leave it, and says so if there is none by now.
func (s *postgres) maker(ctx context.Context, b Begin) (maker pgRow, none bool, err error) {
	var stands standing
	for range readTries {
		err = s.reads.QueryRow(ctx, pgStanding, b.Reference, b.Over).
			Scan(&stands.generation, &stands.maker, &stands.objectID, &stands.free)
		if err == nil || errors.Is(err, pgx.ErrNoRows) || ctx.Err() != nil {
			break
		}
	}
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return pgRow{}, true, nil
	case err != nil:
		return pgRow{}, false, fmt.Errorf("read the store: %w", readError(err))
	case stands.next(b) > 0:
		return pgRow{}, true, nil
	}
	if maker, err = s.row(ctx, stands.maker); err != nil {
		return pgRow{}, false, err
	}
	// Between the two reads it may have been abandoned and gone to another reference.
	gone := !maker.op.Erased && (maker.op.Reference != b.Reference || maker.op.Generation != stands.generation)
	maker.op = stands.complete(maker.op, b.Reference)
	return maker, gone, nil
}
