package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// mayReconnect is whether another stream may do where this one failed.
func mayReconnect(err error) bool {
	if errors.Is(err, io.EOF) {
		return true
	}
	s := status.Convert(err)
	own := slices.ContainsFunc(s.Details(), func(detail any) bool {
		_, ok := detail.(*errdetails.ErrorInfo)
		return ok
	})
	switch s.Code() {
	case codes.Unavailable:
		return true
	case codes.ResourceExhausted:
		return own
	case codes.Internal, codes.Unknown, codes.Canceled, codes.DeadlineExceeded:
		return !own // Something between us has cut it, or our own alarm.
	default:
		return false
	}
}

// retryDelay is how long the server wants us to wait.
func retryDelay(err error) time.Duration {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			return max(info.GetRetryDelay().AsDuration(), 0)
		}
	}
	return 0
}

// pause waits, and reports whether the context still lasts.
func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// eventType is what happened, in the word that --type takes, else in Stripe's.
func eventType(event *paymentsv1.Event) string {
	if event.GetType() == paymentsv1.EventType_EVENT_TYPE_UNSPECIFIED {
		return orDash(event.GetRawType())
	}
	return typeWord(event.GetType())
}

func typeWord(kind paymentsv1.EventType) string {
	return strings.ToLower(strings.ReplaceAll(short(kind.String(), "EVENT_TYPE_"), "_", "-"))
}

// shortID is the beginning of an id that is too long for a line: enough to find it by.
func shortID(id string) string {
	const most = 30
	if len(id) <= most {
		return orDash(id)
	}
	return printable(id[:13]) + "..."
}

// filterOf says in short which events a consumer gets.
func filterOf(filter *paymentsv1.EventFilter) string {
	var parts []string
	if types := filter.GetTypes(); len(types) > 0 {
		parts = append(parts, typeWord(types[0])+others(len(types)))
	}
	if ids := filter.GetObjectIds(); len(ids) > 0 {
		parts = append(parts, printable(ids[0])+others(len(ids)))
	}
	if len(parts) == 0 {
		return "all"
	}
	return strings.Join(parts, ", ")
}

// others says how many there are beside the first.
func others(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(" +%d", n-1)
}

func causeOf(letter *paymentsv1.DeadLetter) string {
	return short(letter.GetCause().String(), "DEAD_LETTER_CAUSE_")
}

// remedies say what to do about a dead letter.
var remedies = map[paymentsv1.DeadLetterCause]string{
	paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_UNREADABLE: "Stripe signed it, and this build can not read it. " +
		"Look for it in Stripe's dashboard; retry it with a newer build.",
	paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_OBJECT_UNREADABLE: "This build can not read its object. " +
		"Retry it with a newer build.",
	paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_FETCH_FAILED: "Its object could not be fetched from Stripe. " +
		"Retry it when Stripe answers again.",
	paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_INTERNAL: "The server failed on it: its log says how. " +
		"Retry it once that is mended.",
	paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_MODE: "It is of the live mode and the server of the test mode, or " +
		"the other way round. It is never applied. Look which endpoint sends it: server webhooks list.",
	paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_ACCOUNT: "It is of another Stripe account than the server's. " +
		"It is never applied. Look which endpoint of that account sends it here.",
}
