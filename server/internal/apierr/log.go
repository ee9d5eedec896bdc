package apierr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"syscall"
)

// ConstError is an error of our own with a constant text, which holds no data, so that the log may show it.
type ConstError string

// Error is the text.
func (e ConstError) Error() string { return string(e) }

// LogAttrs returns what the log may show of the cause: chosen fields of what Stripe said, the text of a cause of our own,
// and of any other error only what kind it is. An error's text may hold personal data and client secrets.
func (e *Error) LogAttrs() []slog.Attr {
	if e.cause == nil {
		return nil
	}
	if stripeErr, ok := errors.AsType[StripeError](e.cause); ok {
		return stripeErr.logAttrs()
	}
	if own, ok := errors.AsType[ConstError](e.cause); ok {
		return []slog.Attr{slog.String("cause", string(own))}
	}
	return []slog.Attr{slog.String("cause", kindOfError(e.cause))}
}

func (e StripeError) logAttrs() []slog.Attr {
	attrs := []slog.Attr{slog.Int("stripe_status", e.HTTPStatus)}
	declineCode := e.DeclineCode
	if hidden(declineCode) {
		declineCode = genericDecline
	}
	code := e.Code
	if hidden(code) {
		code = genericCode
	}
	// A parameter is a name of Stripe's up to its first bracket; behind it may stand a key of the caller's metadata.
	param, _, _ := strings.Cut(e.Param, "[")
	for _, a := range []slog.Attr{
		slog.String("stripe_type", e.Type), slog.String("stripe_code", code),
		slog.String("stripe_decline_code", declineCode), slog.String("stripe_param", param),
	} {
		if a.Value.String() != "" {
			attrs = append(attrs, a)
		}
	}
	return attrs
}

// kindOfError says what an error is without its text.
func kindOfError(err error) string {
	for _, known := range []struct {
		err  error
		kind string
	}{
		{context.DeadlineExceeded, "deadline exceeded"},
		{context.Canceled, "cancelled"},
		{syscall.ECONNREFUSED, "connection refused"},
		{syscall.ECONNRESET, "connection reset"},
		{syscall.EPIPE, "connection closed"},
		{net.ErrClosed, "connection closed"},
		{io.ErrUnexpectedEOF, "answer cut off"},
		{io.EOF, "connection closed without an answer"},
	} {
		if errors.Is(err, known.err) {
			return known.kind
		}
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "name not resolved"
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "timeout"
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return fmt.Sprintf("%T", err)
		}
		err = inner
	}
}
