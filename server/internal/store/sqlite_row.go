package store

import (
	"database/sql"
	"slices"
	"strings"
	"time"
)

// operationColumns are those that a row is read from, in the order of scan.
const operationColumns = `id, caller, method, idempotency_key, state, attempt, held, begin_token, request_hash, parameters,
	outcome, object_id, reason, uncertainty, never_send, sends, look_ups, stripe_request_ids, resolver, note, begin_time,
	update_time, end_time, due_time, last_send_time, erased, reference, generation, steps_done, told`

// row is an operation with what the store alone needs to know.
type row struct {
	Operation
	token []byte
	held  bool
}

func (r *row) scan(scan func(into ...any) error) error {
	var requestIDs, told string
	var began, updated, ended, due, lastSend sql.Null[int64]
	if err := scan(&r.ID, &r.Caller, &r.Method, &r.IdempotencyKey, &r.State, &r.Attempt, &r.held, &r.token, &r.RequestHash,
		&r.Parameters, &r.Outcome, &r.ObjectID, &r.Reason, &r.Uncertainty, &r.NeverSend, &r.Sends, &r.LookUps, &requestIDs,
		&r.Resolver, &r.Note, &began, &updated, &ended, &due, &lastSend, &r.Erased, &r.Reference, &r.Generation,
		&r.StepsDone, &told); err != nil {
		return err
	}
	r.StripeRequestIDs, r.Told = splitLines(requestIDs), splitLines(told)
	r.BeginTime, r.UpdateTime, r.EndTime = micros(began), micros(updated), micros(ended)
	r.DueTime, r.LastSend = micros(due), micros(lastSend)
	return nil
}

// scanRows reads all rows and closes them.
func scanRows(rows *sql.Rows) ([]row, error) {
	defer func() { _ = rows.Close() }()
	var found []row
	for rows.Next() {
		var r row
		if err := r.scan(rows.Scan); err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	return found, rows.Err()
}

func micros(t sql.Null[int64]) time.Time {
	if !t.Valid {
		return time.Time{}
	}
	return time.UnixMicro(t.V).UTC()
}

// scanTexts reads the one column of all rows and closes them.
func scanTexts(rows *sql.Rows) ([]string, error) {
	defer func() { _ = rows.Close() }()
	var texts []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, rows.Err()
}

func splitLines(lines string) []string {
	if lines == "" {
		return nil
	}
	return strings.Split(lines, "\n")
}

// joinRequestIDs adds to those that stand, the oldest first, and keeps the newest.
func joinRequestIDs(standing string, more []string) string {
	all := slices.Concat(splitLines(standing), more)
	return strings.Join(all[max(0, len(all)-keptRequestIDs):], "\n")
}
