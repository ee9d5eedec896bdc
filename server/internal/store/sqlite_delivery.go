package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

const (
	insertDelivery = `INSERT INTO deliveries (id, state, cause, kind, object_id, api_version, account, livemode, created,
			receive_time, update_time, due_time)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, ?10)
		ON CONFLICT (id) DO NOTHING
		RETURNING number`

	insertBody = `INSERT INTO delivery_bodies (number, body) VALUES (?1, ?2)`

	deliveryColumns = `d.number, d.id, d.state, d.cause, d.kind, d.object_id, d.api_version, d.account, d.livemode, d.created,
		b.body, d.attempt, d.tries, d.receive_time, d.update_time`

	// The index holds those that wait, the longest due first. What can not be read is of no object, and blocks none.
	selectDeliveries = `SELECT ` + deliveryColumns + `, 0
		FROM deliveries d INDEXED BY deliveries_due JOIN delivery_bodies b ON b.number = d.number
		WHERE d.state = 1 AND (d.due_time <= ?1 OR d.due_time > ?3) AND (d.object_id = '' OR NOT EXISTS
			(SELECT 1 FROM deliveries dead WHERE dead.state = 3 AND dead.object_id = d.object_id))
		ORDER BY d.due_time, d.number LIMIT ?2`

	claimDeliveries = `UPDATE deliveries SET attempt = attempt + 1, held = 1, update_time = ?2, due_time = ?3
		WHERE number IN (SELECT value FROM json_each(?1))`

	selectDeliveryFence = `SELECT number, state, attempt, held, published, tries, cause, receive_time FROM deliveries
		WHERE id = ?1`

	deferDelivery = `UPDATE deliveries SET state = ?2, cause = ?3, tries = tries + ?4, held = 0, update_time = ?5,
			due_time = ?6, object_id = CASE WHEN ?7 THEN '' ELSE object_id END
		WHERE number = ?1`

	// The worker is gone. What waits for its time goes on waiting.
	releaseDeliveries = `UPDATE deliveries SET held = 0, due_time = min(receive_time, ?1) WHERE state = 1 AND held = 1`

	selectKnown = `SELECT id FROM deliveries WHERE id IN (SELECT value FROM json_each(?1))`
)

// Receive keeps what Stripe sent.
func (s *sqliteStore) Receive(ctx context.Context, d Delivery) (fresh bool, err error) {
	if d.State != DeliveryWaiting && d.State != DeliveryDead && d.State != DeliveryQuarantined {
		return false, fmt.Errorf("receive a delivery: %d is no state of what was not tried yet", d.State)
	}
	err = s.change(ctx, "receive", func(ctx context.Context, w *writer, now time.Time) error {
		var number int64
		err := w.one(ctx, insertDelivery, []any{
			d.ID, d.State, d.Cause, d.Kind, d.ObjectID, d.APIVersion, d.Account, d.Livemode, d.Created, now.UnixMicro(),
		}, &number)
		if errors.Is(err, sql.ErrNoRows) {
			return nil // it is there already
		}
		if err == nil {
			fresh = true
			_, err = w.exec(ctx, insertBody, number, notNull(d.Body))
		}
		return err
	})
	return fresh && err == nil, wrap("receive a delivery", err)
}

// notNull is a BLOB, which a nil slice is not.
func notNull(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// ClaimDeliveries takes those that are due.
func (s *sqliteStore) ClaimDeliveries(ctx context.Context, lease time.Duration, limit int) ([]ClaimedDelivery, error) {
	var claimed []ClaimedDelivery
	err := s.change(ctx, "claim deliveries", func(ctx context.Context, w *writer, now time.Time) error {
		found, err := w.query(ctx, selectDeliveries, now.UnixMicro(), limit, now.Add(farthestDue).UnixMicro())
		if err != nil {
			return err
		}
		rows, err := scanDeliveries(found)
		if err != nil || len(rows) == 0 {
			return err
		}
		claimed = make([]ClaimedDelivery, len(rows))
		numbers := make([]int64, len(rows))
		for i, r := range rows {
			claimed[i], numbers[i] = r.ClaimedDelivery, r.number
			claimed[i].Attempt++
		}
		list, err := json.Marshal(numbers)
		if err == nil {
			_, err = w.exec(ctx, claimDeliveries, string(list), now.UnixMicro(), now.Add(lease).UnixMicro())
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim deliveries: %w", err)
	}
	return claimed, nil
}

// deliveryFence is what decides whether a delivery may be changed, and what stands of it.
type deliveryFence struct {
	number          int64
	state           DeliveryState
	attempt         int64
	held, published bool
	tries           int
	cause           int32
	received        int64
}

// readDeliveryFence returns ErrNotFound where there is no such delivery.
func readDeliveryFence(ctx context.Context, w *writer, id string) (f deliveryFence, err error) {
	err = w.one(ctx, selectDeliveryFence, []any{id}, &f.number, &f.state, &f.attempt, &f.held, &f.published, &f.tries,
		&f.cause, &f.received)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return f, err
}

// checkDeliveryFence is readDeliveryFence for whom a delivery that does not exist is one that is not theirs.
func checkDeliveryFence(ctx context.Context, w *writer, id string, attempt int64) (deliveryFence, error) {
	f, err := readDeliveryFence(ctx, w, id)
	if errors.Is(err, ErrNotFound) || err == nil && f.attempt != attempt {
		return f, ErrFenced
	}
	return f, err
}

// Defer gives a delivery back.
func (s *sqliteStore) Defer(ctx context.Context, d Deferral) error {
	err := s.change(ctx, "defer", func(ctx context.Context, w *writer, now time.Time) error {
		f, err := checkDeliveryFence(ctx, w, d.ID, d.Attempt)
		if err != nil {
			return err
		}
		state := DeliveryWaiting
		if d.Dead {
			state = DeliveryDead
		}
		switch {
		case f.state == state && !f.held && f.cause == d.Cause:
			return nil // this attempt has given it back before
		case f.state != DeliveryWaiting:
			return ErrFenced
		}
		_, err = w.exec(ctx, deferDelivery, f.number, state, d.Cause, d.Counted, now.UnixMicro(),
			now.Add(d.After).UnixMicro(), d.Unbound)
		return err
	})
	return wrap("defer a delivery", err)
}

// Known says which were received.
func (s *sqliteStore) Known(ctx context.Context, ids []string) ([]string, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("look for deliveries: %w", err)
	}
	var known []string
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, selectKnown, string(list))
		if err != nil {
			return err
		}
		known, err = scanTexts(rows)
		return err
	})
	return known, wrap("look for deliveries", err)
}
