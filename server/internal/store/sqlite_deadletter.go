package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

const (
	// How many wait behind each dead letter is counted once for all of them.
	selectParked = `WITH behind AS MATERIALIZED (
			SELECT object_id, count(*) AS waiting FROM deliveries
			WHERE state = 1 AND object_id <> '' AND object_id IN (SELECT object_id FROM deliveries WHERE state = 3)
			GROUP BY object_id
		) SELECT ` + deliveryColumns + `, coalesce(behind.waiting, 0)
		FROM deliveries d JOIN delivery_bodies b ON b.number = d.number
			LEFT JOIN behind ON d.state = 3 AND behind.object_id = d.object_id
		WHERE `

	selectDeadLetters = selectParked + `d.state = ?1 AND d.state IN (3, 4) AND d.number > ?2 ORDER BY d.number LIMIT ?3`
	selectDeadLetter  = selectParked + `d.number = ?1`

	selectNumber = `SELECT number FROM deliveries WHERE id = ?1`

	// All of an object, since one of them that is dead would hold up the others for good. What is of no object is alone.
	reviveDeliveries = `UPDATE deliveries SET state = 1, tries = 0, held = 0, update_time = ?2,
			due_time = min(receive_time, ?2)
		WHERE number = ?1 OR state = 3 AND object_id <> '' AND object_id = ?3`
)

// deliveryRow is a delivery with what the store alone needs to know.
type deliveryRow struct {
	DeadLetter
	number int64
}

// scanDeliveries reads all rows and closes them.
func scanDeliveries(rows *sql.Rows) ([]deliveryRow, error) {
	defer func() { _ = rows.Close() }()
	var found []deliveryRow
	for rows.Next() {
		var r deliveryRow
		var received, updated int64
		if err := rows.Scan(&r.number, &r.ID, &r.State, &r.Cause, &r.Kind, &r.ObjectID, &r.APIVersion, &r.Account,
			&r.Livemode, &r.Created, &r.Body, &r.Attempt, &r.Tries, &received, &updated, &r.Blocked); err != nil {
			return nil, err
		}
		r.ReceiveTime, r.UpdateTime = time.UnixMicro(received).UTC(), time.UnixMicro(updated).UTC()
		found = append(found, r)
	}
	return found, rows.Err()
}

// DeadLetters reads a page of what is not tried any more.
func (s *sqliteStore) DeadLetters(
	ctx context.Context, quarantined bool, after string, limit int,
) (letters []DeadLetter, err error) {
	state := DeliveryDead
	if quarantined {
		state = DeliveryQuarantined
	}
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var number int64
		if after != "" {
			err := tx.QueryRowContext(ctx, selectNumber, after).Scan(&number)
			if errors.Is(err, sql.ErrNoRows) {
				err = ErrNotFound
			}
			if err != nil {
				return err
			}
		}
		found, err := tx.QueryContext(ctx, selectDeadLetters, state, number, limit)
		if err != nil {
			return err
		}
		rows, err := scanDeliveries(found)
		for _, r := range rows {
			letters = append(letters, r.DeadLetter)
		}
		return err
	})
	return letters, wrap("list dead letters", err)
}

// Revive makes a dead letter wait again, and the others of its object.
func (s *sqliteStore) Revive(ctx context.Context, id string) (letter DeadLetter, err error) {
	err = s.change(ctx, "revive", func(ctx context.Context, w *writer, now time.Time) error {
		f, err := readDeliveryFence(ctx, w, id)
		if err != nil {
			return err
		}
		if f.state != DeliveryDead {
			return ErrFenced
		}
		found, err := w.query(ctx, selectDeadLetter, f.number)
		if err != nil {
			return err
		}
		rows, err := scanDeliveries(found)
		if err != nil {
			return err
		}
		letter = rows[0].DeadLetter
		_, err = w.exec(ctx, reviveDeliveries, f.number, now.UnixMicro(), letter.ObjectID)
		return err
	})
	if err != nil {
		return DeadLetter{}, wrap("revive a dead letter", err)
	}
	return letter, nil
}
