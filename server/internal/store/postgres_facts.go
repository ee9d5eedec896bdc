package store

import (
	"context"
	"fmt"
	"time"
)

// Settle implements Store.
func (s *postgres) Settle(ctx context.Context, name, value string) (string, error) {
	if err := s.enter(); err != nil {
		return "", err
	}
	defer s.leave()
	// What another process settled in the meantime is seen by a statement of its own.
	if _, err := s.alone(ctx, &pgChange{
		name: "settle", args: []any{name, value},
		sql: `INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`,
	}); err != nil {
		return "", err
	}
	var stands string
	if err := s.reads.QueryRow(ctx, `SELECT value FROM facts WHERE name = $1`, name).Scan(&stands); err != nil {
		return "", fmt.Errorf("settle: %w", readError(err))
	}
	return stands, nil
}

// Replace implements Store.
func (s *postgres) Replace(ctx context.Context, name, old, value string) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	made, err := s.alone(ctx, &pgChange{
		name: "replace", args: []any{name, old, value},
		sql: `UPDATE facts SET value = $3 WHERE name = $1 AND value = $2 RETURNING true`,
	})
	if err == nil && !made {
		return ErrFenced
	}
	return err
}

// Check implements Store.
func (s *postgres) Check(ctx context.Context) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	_, err := s.alone(ctx, &pgChange{
		name: "check", args: []any{"check", time.Now().UTC().Format(pgFactTime)},
		sql: `INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
	})
	return err
}
