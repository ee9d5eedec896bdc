package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// changeError says what an error of a change means, and whether to try again at once. The server commits once it has
// executed all statements of a batch and has read that this was all, which is on its way from the start. So the change
// was surely not made if the server said so before it had executed all, or said so and lives on, or if nothing was
// sent. All else is uncertain.
func changeError(err error, executed bool) (meaning error, again bool) {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && (!executed || !endsConnection(refused)) {
		return refusal(refused, err), endsConnection(refused) || isConflict(refused)
	}
	if pgconn.SafeToRetry(err) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err), true
	}
	return fmt.Errorf("%w: %w", ErrUncertain, err), false
}

// readError says what an error of a read means.
func readError(err error) error {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return refusal(refused, err)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// refusal tells a server that can not do it now from a fault of ours.
func refusal(refused *pgconn.PgError, err error) error {
	if endsConnection(refused) || isConflict(refused) || isUnavailable(refused.Code) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}

func endsConnection(err *pgconn.PgError) bool {
	return err.SeverityUnlocalized == "FATAL" || err.SeverityUnlocalized == "PANIC"
}

// isUnavailable is whether a code of https://www.postgresql.org/docs/current/errcodes-appendix.html lies with the
// server.
func isUnavailable(code string) bool {
	switch code[:min(2, len(code))] {
	case "08", // connection exception
		"53", // insufficient resources: disk full, out of memory, too many connections
		"57", // operator intervention: shutdown, statement_timeout
		"58": // system error: input or output
		return true
	}
	// A read-only transaction, since it became a standby, and lock_timeout.
	return code == "25006" || code == "55P03"
}

// isConflict is whether the server chose a transaction to give way to another.
func isConflict(err *pgconn.PgError) bool {
	return err.Code == "40001" || err.Code == "40P01"
}
