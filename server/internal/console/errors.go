package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tillgate/tillgate/server/internal/config"
)

// callError is a call that failed, in words.
type callError struct {
	text string
	// refused is whether Tillgate itself said that it did not do what it was asked for.
	refused bool
}

// Error is the words, of one line or several.
func (e *callError) Error() string { return e.text }

// isRefusal is whether the call surely did nothing.
func isRefusal(err error) bool {
	e, ok := errors.AsType[*callError](err)
	return ok && e.refused
}

// inWords says why a call failed: code, reason, what is wrong with which field, and the request id that the operator
// finds in the log of the server.
func inWords(err error, way config.Connection) error {
	s := status.Convert(err)
	var reason string
	var lines []string
	add := func(name, value string) {
		if value != "" {
			lines = append(lines, fmt.Sprintf("\n  %s: %s", printable(name), printable(value)))
		}
	}
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			reason = d.GetReason()
			for _, key := range slices.Sorted(maps.Keys(d.GetMetadata())) {
				if key != "field" && key != "resume_token" { // one stands among the violations, the other is for programs
					add(key, d.GetMetadata()[key])
				}
			}
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				add(cmp.Or(v.GetField(), "the request"), v.GetDescription())
			}
		case *errdetails.ResourceInfo:
			add(d.GetResourceType(), d.GetResourceName())
		case *errdetails.RetryInfo:
			add("ask again in", d.GetRetryDelay().AsDuration().String())
		case *errdetails.RequestInfo:
			add("request id", d.GetRequestId())
		}
	}
	if reason == "" {
		return &callError{text: withoutReason(s, err, way)}
	}
	head := fmt.Sprintf("%s (%s): %s", printable(reason), codeName(s.Code()), printable(s.Message()))
	return &callError{text: head + strings.Join(lines, ""), refused: !mayBeDone(s.Code())}
}

// mayBeDone is whether a call that ended with this code may have done what it was asked for all the same.
func mayBeDone(c codes.Code) bool {
	return slices.Contains([]codes.Code{codes.Unknown, codes.DeadlineExceeded, codes.Canceled, codes.Internal}, c)
}

// withoutReason is for what is not of Tillgate's making: the connection, the time, something between us.
func withoutReason(s *status.Status, err error, way config.Connection) string {
	switch {
	case errors.Is(err, context.Canceled) || s.Code() == codes.Canceled:
		return "it was interrupted"
	case s.Code() == codes.DeadlineExceeded:
		return fmt.Sprintf("there was no answer from %s within %v; --timeout gives it more time", way.Addr, way.Timeout)
	case s.Code() == codes.Unavailable:
		hint := "is it there, and does it serve TLS? See --addr, --tls-ca and --insecure"
		if way.TLS == nil {
			hint = "is it there, and does it serve without TLS? See --addr and --tls-ca"
		}
		return fmt.Sprintf("no server can be reached at %s: %s\n  %s", way.Addr, printable(s.Message()), hint)
	default:
		return fmt.Sprintf("%s at %s: %s\n  it gave no reason, so it may be no Tillgate", codeName(s.Code()), way.Addr,
			printable(s.Message()))
	}
}

// codeName is a code as the documentation writes it: PERMISSION_DENIED.
func codeName(c codes.Code) string {
	return code.Code(int32(c)).String() //nolint:gosec // gRPC has 17 codes
}
