package store

import (
	"context"
	"errors"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// What is said of a change that failed must not prove untrue, above all that it was surely not made.
func TestPostgresChangeError(t *testing.T) {
	said := func(severity, code string) error {
		return &pgconn.PgError{Severity: "in some language", SeverityUnlocalized: severity, Code: code}
	}
	for _, tt := range []struct {
		name     string
		err      error
		executed bool
		want     error // nil: another one
		again    bool
	}{
		{"row refused", said("ERROR", "23514"), false, nil, false},
		{"disk full", said("ERROR", "53100"), false, ErrUnavailable, false},
		{"disk full at commit", said("ERROR", "53100"), true, ErrUnavailable, false},
		{"too many connections", said("FATAL", "53300"), false, ErrUnavailable, true},
		{"statement_timeout", said("ERROR", "57014"), false, ErrUnavailable, false},
		{"lock_timeout", said("ERROR", "55P03"), false, ErrUnavailable, false},
		{"became a standby", said("ERROR", "25006"), false, ErrUnavailable, false},
		{"disk fails", said("ERROR", "58030"), false, ErrUnavailable, false},
		{"deadlock", said("ERROR", "40P01"), false, ErrUnavailable, true},
		{"cannot serialize, at commit", said("ERROR", "40001"), true, ErrUnavailable, true},
		{"shutdown before the last statement", said("FATAL", "57P01"), false, ErrUnavailable, true},
		{"shutdown after the last statement", said("FATAL", "57P01"), true, ErrUncertain, false},
		{"crash after the last statement", said("PANIC", "XX000"), true, ErrUncertain, false},
		{"connection lost", io.ErrUnexpectedEOF, false, ErrUncertain, false},
		{"connection lost, at commit", io.ErrUnexpectedEOF, true, ErrUncertain, false},
		{"time is up", context.DeadlineExceeded, false, ErrUncertain, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, again := changeError(tt.err, tt.executed)
			if !errors.Is(got, tt.err) || tt.want != nil && !errors.Is(got, tt.want) || again != tt.again {
				t.Errorf("got %v, again %v; want %v, %v", got, again, tt.want, tt.again)
			}
			if tt.want == nil && (errors.Is(got, ErrUncertain) || errors.Is(got, ErrUnavailable)) {
				t.Errorf("got %v, want an error of the change itself", got)
			}
		})
	}
}
