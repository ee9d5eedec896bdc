package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Where the object has changed since the operation began, it is not known which of the two states is the newer one: but for
// what the same write caused, since its answer comes last, and for an end that only the answer tells of.
var pgFinish = `WITH ended AS (
		UPDATE operations SET state = $3::smallint, outcome = $4::bytea, object_id = $5, reason = $6, resolver = $7, note = $8,
			stripe_request_ids = tillgate_kept(stripe_request_ids, $9, $10), parameters = NULL, uncertainty = 0,
			update_time = now, end_time = now, due_time = NULL, held = false
		FROM` + pgClock + `WHERE id = $1 AND attempt = $2 AND state IN (1, 4)
		RETURNING begin_time, end_time AS now, reference, generation
	), named AS (
		UPDATE customer_references AS r SET object_id = $5 FROM ended
		WHERE $3::smallint = 2 AND ended.reference <> '' AND r.reference = ended.reference
			AND r.generation = ended.generation AND r.operation_id = $1
	), given AS (
		SELECT $11::text AS id, $12::text AS kind, $13::smallint AS basis, $14::bigint AS created, $15::text AS cause,
			$16::int AS state, $17::boolean AS ended, $18::bytea AS resource, $19::bytea AS public, now, begin_time FROM ended
	), standing AS (
		SELECT o.*, o.update_time >= g.begin_time AND (o.ended OR NOT g.ended AND o.cause <> g.cause) OR
			` + pgEndedStays + ` AS kept FROM given g JOIN objects o ON o.id = g.id
	), ` + pgObjectsPut("given") + `,
	` + pgEventsPut(`given CROSS JOIN unnest(`+pgEventArrays(20)+`) WITH ORDINALITY AS e (`+pgEventNames+`, n)
			LEFT JOIN standing s ON true`, "e.n") + ` SELECT true FROM ended`

// Finish implements Store.
func (s *postgres) Finish(ctx context.Context, f Finish) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	if f.State != Succeeded && f.State != Failed && f.State != Abandoned {
		return fmt.Errorf("finish: %d is no final state", f.State)
	}
	outcome := f.Outcome
	if f.State == Abandoned {
		outcome = nil
	}
	var events pgEventArgs
	events.add(f.Events)
	o := f.Object
	if o == nil {
		o = &Object{}
	}
	c := &pgChange{
		name: "finish", id: f.ID, sql: pgFinish, objects: pgObjects(f.Object, f.Events), tells: len(f.Events) > 0,
		args: slices.Concat([]any{
			f.ID, f.Attempt, f.State, outcome, f.ObjectID, f.Reason, f.Resolver, f.Note,
			strings.Join(f.StripeRequestIDs, "\n"), keptRequestIDs,
			o.ID, o.Kind, o.Basis, o.Created, o.Cause, o.State, o.Ended, o.Resource, o.Public,
		}, events.list()),
	}
	made, err := s.change(ctx, c)
	if made || err != nil {
		return err
	}
	// It is held by another attempt, or has ended: perhaps by this very call.
	row, err := s.row(ctx, f.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		return ErrFenced
	case err != nil:
		return c.unread(err)
	case row.op.Attempt != f.Attempt || row.op.State != f.State:
		return ErrFenced
	}
	return nil
}
