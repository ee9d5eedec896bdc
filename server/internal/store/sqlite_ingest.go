package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"
)

const (
	// An event that is there already is not told again. Its position is free then, for the next one.
	insertEvent = `INSERT INTO events (position, event_id, object_id, object_kind, kind, cause, operation_id, stripe_event_id,
			occurred, time, resource)
		SELECT head + 1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, max(time, ?9), ?10 FROM event_log WHERE true
		ON CONFLICT DO NOTHING`

	moveHead = `UPDATE event_log SET head = head + 1, time = max(time, ?1)`

	endDelivery = `UPDATE deliveries SET state = 2, cause = 0, held = 0, published = ?2, update_time = ?3 WHERE number = ?1`

	selectTold = `SELECT id, told FROM operations WHERE state IN (1, 4) AND stripe_key = ?1 AND stripe_key <> ''`

	// Who is at it finds out at the next hold. What nobody is at is due.
	tellOperation = `UPDATE operations SET told = ?2, update_time = ?3,
			due_time = CASE WHEN held = 1 THEN due_time ELSE min(due_time, ?3) END
		WHERE id = ?1`

	// keptTold is how many objects an operation is told of.
	keptTold = 8
)

// Ingest writes what a delivery tells.
func (s *sqliteStore) Ingest(ctx context.Context, i Ingest) (published bool, err error) {
	err = s.change(ctx, "ingest", func(ctx context.Context, w *writer, now time.Time) error {
		published = false
		var delivery deliveryFence
		if i.ID != "" {
			var err error
			delivery, err = checkDeliveryFence(ctx, w, i.ID, i.Attempt)
			switch {
			case err != nil:
				return err
			case delivery.state == DeliveryDone: // by this attempt
				published = delivery.published
				return nil
			case delivery.state != DeliveryWaiting:
				return ErrFenced
			}
		}
		events, err := ingestObject(ctx, w, i, now)
		if err != nil {
			return err
		}
		if published, err = writeEvents(ctx, w, events, now); err != nil {
			return err
		}
		if i.ID != "" {
			if _, err := w.exec(ctx, endDelivery, delivery.number, published, now.UnixMicro()); err != nil {
				return err
			}
		}
		return tellOperations(ctx, w, i, now)
	})
	s.grew(published, err)
	return published && err == nil, wrap("ingest a delivery", err)
}

// ingestObject lets the object stand, and returns the events as they are to be told.
func ingestObject(ctx context.Context, w *writer, i Ingest, now time.Time) ([]Event, error) {
	if i.Object == nil {
		return i.Events, nil
	}
	stands, err := readStandingObject(ctx, w, i.Object.ID)
	if err != nil {
		return nil, err
	}
	if stands.version != i.Object.Version {
		return nil, ErrConflict
	}
	return writeObject(ctx, w, *i.Object, stands.leaves(*i.Object), i.Events, now)
}

// writeEvents writes events under the next positions, and says whether one was new.
func writeEvents(ctx context.Context, w *writer, events []Event, now time.Time) (published bool, err error) {
	for _, e := range events {
		occurred := e.Occurred
		if occurred.IsZero() {
			occurred = now
		}
		inserted, err := w.exec(ctx, insertEvent, EventID(e.ObjectID, e.Kind, e.Cause), e.ObjectID, e.ObjectKind, e.Kind,
			e.Cause, e.OperationID, e.StripeEventID, occurred.UnixMicro(), now.UnixMicro(), e.Resource)
		if err != nil {
			return false, err
		}
		if inserted == 0 {
			continue
		}
		if _, err := w.exec(ctx, moveHead, now.UnixMicro()); err != nil {
			return false, err
		}
		published = true
	}
	return published, nil
}

// telling is that Stripe told of an object under a cause.
type telling struct{ cause, objectID string }

// tellings are those of an Ingest whose cause may be an operation's key. The id of Stripe's own event is none.
func tellings(i Ingest) (all []telling) {
	add := func(cause, objectID string) {
		t := telling{cause, objectID}
		ownID := func(e Event) bool { return e.StripeEventID == cause }
		if cause != "" && !slices.Contains(all, t) && !slices.ContainsFunc(i.Events, ownID) {
			all = append(all, t)
		}
	}
	if i.Object != nil {
		add(i.Object.Cause, i.Object.ID)
	}
	for _, e := range i.Events {
		add(e.Cause, e.ObjectID)
	}
	return all
}

// tellOperations tells those that sent under the causes of what is ingested that it took effect.
func tellOperations(ctx context.Context, w *writer, i Ingest, now time.Time) error {
	for _, t := range tellings(i) {
		var id, told string
		err := w.one(ctx, selectTold, []any{t.cause}, &id, &told)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		if _, err := w.exec(ctx, tellOperation, id, joinTold(told, t.objectID), now.UnixMicro()); err != nil {
			return err
		}
	}
	return nil
}

// joinTold adds an object to those that stand, each once, as long as there is room.
func joinTold(standing, objectID string) string {
	all := splitLines(standing)
	if objectID == "" || len(all) == keptTold || slices.Contains(all, objectID) {
		return standing
	}
	return strings.Join(append(all, objectID), "\n")
}
