package console

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

var uncertainties = map[paymentsv1.OperationUncertainty]string{
	paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_UNSPECIFIED:       "",
	paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_NO_ANSWER:         "it was sent and no whole answer came",
	paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_UNREADABLE_ANSWER: "the answer can not be read",
	paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_STRIPE_FAILURE:    "Stripe failed in the middle of it",
	paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_IN_USE:            "Stripe still works on an earlier send",
	paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_HELD_BACK:         "an earlier send is unknown, the last was held back",
	paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_INTERRUPTED:       "the server ended before it knew",
	paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_NOT_FOUND:         "it was looked for and not found",
}

// uncertaintyOf says why the outcome is not known; empty where it is.
func uncertaintyOf(operation *paymentsv1.Operation) string {
	if words, ok := uncertainties[operation.GetUncertainty()]; ok {
		return words
	}
	return "newer than this program: " + operation.GetUncertainty().String()
}

// whyOf says in short why an operation is where it is.
func whyOf(operation *paymentsv1.Operation) string {
	switch {
	case operation.GetResolver() != "":
		return "ended by " + operation.GetResolver()
	case operation.GetErrorReason() != paymentsv1.ErrorReason_ERROR_REASON_UNSPECIFIED:
		return short(operation.GetErrorReason().String(), "ERROR_REASON_")
	default:
		return uncertaintyOf(operation)
	}
}

func stateOf(operation *paymentsv1.Operation) string {
	return short(operation.GetState().String(), "OPERATION_STATE_")
}

// rpcOf is the last part of the rpc's name.
func rpcOf(operation *paymentsv1.Operation) string {
	return operation.GetMethod()[strings.LastIndexByte(operation.GetMethod(), '/')+1:]
}

func short(name, prefix string) string { return strings.TrimPrefix(name, prefix) }

// timeOf is a time, and how far it is from now.
func timeOf(at *timestamppb.Timestamp, now time.Time) string {
	if at == nil {
		return ""
	}
	text := at.AsTime().Format(time.RFC3339)
	if distance := now.Sub(at.AsTime()); distance < 0 {
		return fmt.Sprintf("%s (in %s)", text, inShort(-distance))
	}
	return fmt.Sprintf("%s (%s ago)", text, ageOf(at, now))
}

func ageOf(at *timestamppb.Timestamp, now time.Time) string {
	if at == nil {
		return "-"
	}
	// The operator's clock may be behind the server's.
	return inShort(max(0, now.Sub(at.AsTime())))
}

// inShort is a duration in its two greatest units.
func inShort(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 2*day:
		return fmt.Sprintf("%dh%dm", int(d.Hours()), int(d.Minutes())%60)
	default:
		return fmt.Sprintf("%dd%dh", d/day, int(d.Hours())%24)
	}
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return printable(text)
}

// printable takes out what a terminal would obey, or would break a table: a note is whatever somebody wrote.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
}
