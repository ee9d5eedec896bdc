package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

const pgSelectObjects = `SELECT id, kind, version, basis, created, cause, state, ended, resource, public, update_time
	FROM objects WHERE `

func scanPgObject(row pgx.CollectableRow) (o Object, err error) {
	err = row.Scan(&o.ID, &o.Kind, &o.Version, &o.Basis, &o.Created, &o.Cause, &o.State, &o.Ended, &o.Resource, &o.Public,
		&o.UpdateTime)
	o.UpdateTime = o.UpdateTime.UTC()
	return o, err
}

// Object implements Log.
func (s *postgres) Object(ctx context.Context, id string) (Object, error) {
	if err := s.enter(); err != nil {
		return Object{}, err
	}
	defer s.leave()
	found, err := pgRead(ctx, s, scanPgObject, pgSelectObjects+`id = $1`, pgText(id))
	if err != nil {
		return Object{}, err
	}
	if len(found) == 0 {
		return Object{ID: id}, nil
	}
	return found[0], nil
}

// Objects implements Log.
func (s *postgres) Objects(ctx context.Context, kind, after string, limit int) ([]Object, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	return pgRead(ctx, s, scanPgObject, pgSelectObjects+`kind = $1 AND NOT ended AND id > $2 ORDER BY id LIMIT $3`,
		pgText(kind), pgText(after), limit)
}
