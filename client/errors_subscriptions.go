package client

import (
	"strconv"
	"strings"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// AmountDueOf returns what a change of plans would cost at once, in minor units of the subscription's currency, where
// the change was refused for it: with the reason UPGRADE_NOT_SECURED, or PREVIEW_STALE where it is another amount than
// was expected. It returns false for any other error.
func AmountDueOf(err error) (int64, bool) {
	switch ReasonOf(err) {
	case paymentsv1.ErrorReason_ERROR_REASON_UPGRADE_NOT_SECURED, paymentsv1.ErrorReason_ERROR_REASON_PREVIEW_STALE:
	default:
		return 0, false
	}
	due, parseErr := strconv.ParseInt(infoOf(err).GetMetadata()["amount_due"], 10, 64)
	return due, parseErr == nil
}

// PendingInvoiceOf returns the id of the invoice that an earlier change of plans waits for, for an error with the
// reason CHANGE_PENDING: PayInvoice lets that change come, VoidInvoice drops it. It is empty for any other error.
func PendingInvoiceOf(err error) string {
	if ReasonOf(err) != paymentsv1.ErrorReason_ERROR_REASON_CHANGE_PENDING {
		return ""
	}
	return infoOf(err).GetMetadata()["invoice_id"]
}

// StepsDoneOf names what was done at Stripe, and stands, before the step that was refused, of a write that takes
// several: `release_schedule`, say, where a change that was scheduled is dropped by now. It is nil where nothing was.
func StepsDoneOf(err error) []string {
	done := infoOf(err).GetMetadata()["steps_done"]
	if done == "" {
		return nil
	}
	return strings.Split(done, ",")
}
