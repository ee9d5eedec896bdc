package client

import (
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// doubts remembers, over the tries of one write, what left its outcome open. A later try that did nothing (the server
// is stopping, the token expired, too little time is left) does not close it: a caller who hears only of that one might
// make a new key, and charge twice.
type doubts struct {
	worst answer
}

// note keeps the answer that says most about an open outcome, of equals the latest.
func (d *doubts) note(a answer) {
	if rank := a.doubt(); rank > 0 && rank >= d.worst.doubt() {
		d.worst = a
	}
}

// doubt is how much an answer leaves open: 0 is nothing.
func (a answer) doubt() int {
	switch {
	case a.reason == pending:
		return 3
	case a.reason == inProgress:
		return 2
	case a.reason == paymentsv1.ErrorReason_ERROR_REASON_UNSPECIFIED &&
		(a.code == codes.Unavailable || a.code == codes.Aborted):
		return 1
	default:
		return 0
	}
}

// resolve returns what the call ends with.
func (d *doubts) resolve(last answer) error {
	if d.worst.err == nil || last.settles() || last.doubt() >= d.worst.doubt() {
		return last.err
	}
	return &standingError{said: d.worst.err, since: last.err}
}

// standingError is what an earlier try was told and what still holds, with what came after it: the error of a later
// try, or the end of the context. Its status is that of the first; errors.Is and errors.As find both.
type standingError struct {
	said, since error
}

// Error tells both, in their order.
func (e *standingError) Error() string { return fmt.Sprintf("%v; since then: %v", e.said, e.since) }

// GRPCStatus makes the status of what was said that of the call.
func (e *standingError) GRPCStatus() *status.Status { return status.Convert(e.said) }

// Unwrap leads to both.
func (e *standingError) Unwrap() []error { return []error{e.said, e.since} }
