package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const pgMakers = ` FROM customer_references r LEFT JOIN operations m ON m.id = r.operation_id WHERE r.reference = `

const pgStanding = `SELECT r.generation, r.operation_id, r.object_id,
	r.generation <= $2::bigint OR ` + referenceFree + pgMakers + `$1::text`

// pgBeginReferred is pgBegin for the reference $11, of which the generation $12 is over. Its rule is that of
// standing.next.
const pgBeginReferred = `WITH standing AS (
		SELECT r.generation AS stands, r.operation_id = $1::text AS ours, r.generation <= $12::bigint AS over,
			` + referenceFree + ` AS free` + pgMakers + `$11::text
	), next AS (
		SELECT CASE WHEN ours AND NOT over THEN stands ELSE stands + 1 END AS generation FROM standing
		WHERE ours OR over OR free
		UNION ALL SELECT 1 WHERE NOT EXISTS (SELECT FROM standing)
	), begun AS (` + pgBeginRow + `$11::text, next.generation FROM next,` + pgClock + pgBeginAnew + `RETURNING *
	), stood AS (
		INSERT INTO customer_references (reference, generation, operation_id) SELECT reference, generation, id FROM begun
		ON CONFLICT (reference) DO UPDATE SET generation = excluded.generation, operation_id = excluded.operation_id,
			object_id = ''
	) SELECT ` + pgColumns + ` FROM begun`

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
