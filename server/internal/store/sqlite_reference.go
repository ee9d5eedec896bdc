package store

import (
	"context"
	"database/sql"
	"errors"
)

const (
	selectStanding = `SELECT r.generation, r.operation_id, r.object_id, r.generation <= ?2 OR ` + referenceFree + `
		FROM customer_references r LEFT JOIN operations m ON m.id = r.operation_id WHERE r.reference = ?1`

	standIn = `INSERT INTO customer_references (reference, generation, operation_id) VALUES (?1, ?2, ?3)
		ON CONFLICT (reference) DO UPDATE SET generation = excluded.generation, operation_id = excluded.operation_id,
			object_id = ''`

	nameObject = `UPDATE customer_references SET object_id = ?3
		WHERE reference = ?1 AND generation = ?2 AND operation_id = ?4`
)

// findForReference returns the operation that stands in the way of a begin for a reference: its own, or the maker's. If
// there is none, it returns the generation that may begin.
func findForReference(ctx context.Context, w *writer, b Begin) (found []row, generation int64, err error) {
	if b.Reference == "" {
		return nil, 0, nil
	}
	found, err = w.rows(ctx, selectOperation, b.ID)
	if err != nil || len(found) > 0 && (found[0].State != Abandoned || found[0].Erased) {
		return found, 0, err
	}
	var stands standing
	err = w.one(ctx, selectStanding, []any{b.Reference, b.Over},
		&stands.generation, &stands.maker, &stands.objectID, &stands.free)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 1, nil
	}
	if err != nil {
		return nil, 0, err
	}
	if generation = stands.next(b); generation > 0 {
		return nil, generation, nil
	}
	if found, err = w.rows(ctx, selectOperation, stands.maker); err == nil {
		found[0].Operation = stands.complete(found[0].Operation, b.Reference)
	}
	return found, 0, err
}
