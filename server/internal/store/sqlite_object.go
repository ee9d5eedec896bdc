package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

const (
	objectColumns = `id, kind, version, basis, created, cause, state, ended, resource, public, update_time`

	selectObject  = `SELECT ` + objectColumns + ` FROM objects WHERE id = ?1`
	selectObjects = `SELECT ` + objectColumns + ` FROM objects WHERE kind = ?1 AND ended = 0 AND id > ?2 ORDER BY id LIMIT ?3`

	selectStandingObject = `SELECT version, state, ended, update_time, cause FROM objects WHERE id = ?1`

	// What is written as it stands has not changed: its time says how new the state is.
	putObject = `INSERT INTO objects (` + objectColumns + `) VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
		ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, version = version + 1, basis = excluded.basis,
			created = max(created, excluded.created), cause = excluded.cause, state = excluded.state,
			ended = excluded.ended, resource = excluded.resource, public = excluded.public,
			update_time = CASE WHEN resource IS excluded.resource THEN update_time ELSE excluded.update_time END`

	keepObject = `UPDATE objects SET version = version + 1 WHERE id = ?1 RETURNING public`
)

// standingObject is what decides whether the state of an object may be replaced. It is zero where there is none.
type standingObject struct {
	version int64
	state   int32
	ended   bool
	updated int64
	cause   string
}

func readStandingObject(ctx context.Context, w *writer, id string) (o standingObject, err error) {
	err = w.one(ctx, selectStandingObject, []any{id}, &o.version, &o.state, &o.ended, &o.updated, &o.cause)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return o, err
}

// leaves is whether a state would take an object out of its last one, which nothing does.
func (o standingObject) leaves(next Object) bool {
	return o.ended && (!next.Ended || next.State != o.state)
}

// mayBeNewer is whether what stands may be newer than what a write has answered that began then: not where the same write
// caused it, since the answer comes last, nor where only the answer says that the object has ended.
func (o standingObject) mayBeNewer(answer Object, began int64) bool {
	return o.updated >= began && (o.ended || !answer.Ended && o.cause != answer.Cause)
}

// writeObject lets a state stand, or keeps the one that does. It returns the events as they are to be told: with what is
// kept.
func writeObject(
	ctx context.Context, w *writer, o Object, keep bool, events []Event, now time.Time,
) ([]Event, error) {
	if !keep {
		_, err := w.exec(ctx, putObject, o.ID, o.Kind, o.Basis, o.Created, o.Cause, o.State, o.Ended, o.Resource, o.Public,
			now.UnixMicro())
		return events, err
	}
	var public []byte
	if err := w.one(ctx, keepObject, []any{o.ID}, &public); err != nil || public == nil {
		return events, err
	}
	told := make([]Event, len(events))
	for i, e := range events {
		if e.ObjectID == o.ID {
			e.Resource = public
		}
		told[i] = e
	}
	return told, nil
}

func scanObject(scan func(into ...any) error) (o Object, err error) {
	var updated int64
	err = scan(&o.ID, &o.Kind, &o.Version, &o.Basis, &o.Created, &o.Cause, &o.State, &o.Ended, &o.Resource, &o.Public,
		&updated)
	o.UpdateTime = time.UnixMicro(updated).UTC()
	return o, err
}

// Object reads one object.
func (s *sqliteStore) Object(ctx context.Context, id string) (Object, error) {
	if err := s.enter(); err != nil {
		return Object{}, err
	}
	defer s.leave()
	o, err := scanObject(s.getObject.QueryRowContext(ctx, id).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Object{ID: id}, nil
	}
	if err != nil {
		return Object{}, fmt.Errorf("read an object: %w", sqliteError(err))
	}
	return o, nil
}

// Objects reads a page of those that have not ended.
func (s *sqliteStore) Objects(ctx context.Context, kind, after string, limit int) (objects []Object, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, selectObjects, kind, after, limit)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			o, err := scanObject(rows.Scan)
			if err != nil {
				return err
			}
			objects = append(objects, o)
		}
		return rows.Err()
	})
	return objects, wrap("list objects", err)
}
