package proof_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/sandbox"
	"github.com/tillgate/tillgate/server/internal/store"
)

// watch checks after each step what must hold at any time: no operation moved money twice.
func (h *history) watch() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for key, moved := range h.money().moved {
		if len(moved) > 1 {
			h.breaksLocked("%s moved money twice: %+v", h.nameLocked(key), moved)
		}
		if h.byKey[key] == nil {
			h.breaksLocked("money moved under a key that is nobody's: %+v", moved)
		}
	}
}

func (h *history) nameLocked(key string) string {
	if seen := h.byKey[key]; seen != nil {
		return seen.caller + " " + seen.key + " " + seen.id
	}
	return key
}

// judge checks, while nothing is under way, every operation and every answer against the truth.
func (h *history) judge() {
	is := h.look()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(h.operations)) {
		seen := h.operations[id]
		row, err := h.store.Get(h.t.Context(), id)
		if err != nil {
			h.breaksLocked("%s is lost: %v", id, err)
			continue
		}
		h.noteLocked("%s %s %s: state %d, attempt %d, sends %d, look-ups %d, %s, reason %d, moved %d", short(id), seen.caller,
			seen.key, row.State, row.Attempt, row.Sends, row.LookUps, row.ObjectID, row.Reason, len(is.moved[seen.stripeKey]))
		h.judgeRow(is, seen, row)
		h.judgeAnswers(is, seen, row)
	}
}

// judgeRow checks an operation.
func (h *history) judgeRow(is truth, seen *simOperation, row store.Operation) {
	wrong := func(format string, args ...any) {
		h.breaksLocked("%s %s "+format, append([]any{seen.key, seen.id}, args...)...)
	}
	moved, made := is.moved[seen.stripeKey], is.made[seen.id]
	switch {
	case len(moved) > 1, len(made) > 1:
		wrong("was done twice: %v %v", moved, made)
	case seen.sends > row.Sends:
		wrong("was sent %d times, its row says %d", seen.sends, row.Sends)
	case seen.flights > seen.begun, seen.sends > 3*seen.flights+seen.steps:
		wrong("was sent %d times in %d begins and %d steps", seen.sends, seen.begun, seen.steps)
	}
	req := h.intentOf(seen).request(seen.hash)
	if len(moved) == 1 && req != nil {
		if want := amountOf(req); want != 0 && moved[0].Amount != want {
			wrong("moved %d, was to move %d", moved[0].Amount, want)
		}
	}
	switch row.State {
	case store.Pending:
		wrong("is still pending: %+v", row.Uncertainty)
	case store.Failed:
		if len(moved) != 0 {
			wrong("failed, and moved money")
		}
	case store.Abandoned:
		if len(moved)+len(made) != 0 {
			wrong("was abandoned, and done: %v %v", moved, made)
		}
	case store.Unknown:
		if seen.method == paymentsv1.PaymentService_CreatePayment_FullMethodName && len(made) > 0 ||
			seen.method == paymentsv1.PaymentService_CreateRefund_FullMethodName && len(moved) > 0 {
			wrong("was done, and is unknown still")
		}
	case store.Succeeded:
		if why := doneIn(is, req, row, moved, made); why != "" {
			wrong("succeeded, but %s", why)
		}
	}
}

// doneIn says what is missing of what succeeded.
func doneIn(is truth, req operation.Request, row store.Operation, moved []sandbox.LedgerEntry, made []string) string {
	switch r := req.(type) {
	case *paymentsv1.CreatePaymentRequest:
		pays := r.GetConfirm() && !asks(r.GetPaymentMethodId())
		if len(made) != 1 || made[0] != row.ObjectID {
			return "made no such payment"
		}
		if pays != (len(moved) == 1) {
			return "did not move what it says"
		}
	case *paymentsv1.ConfirmPaymentRequest:
		paid := is.sum(row.ObjectID, sandbox.MovementCharge, sandbox.MovementAuthorize)
		if status := is.status[row.ObjectID]; paid > 1 || paid == 0 && (status == "succeeded" || status == "requires_capture") {
			return "its payment was not paid once"
		}
	case *paymentsv1.CapturePaymentRequest:
		// Where a capture got lost, the payment's state decides, whoever brought it about.
		if is.sum(row.ObjectID, sandbox.MovementCapture, sandbox.MovementCharge) != 1 {
			return "its payment was not captured once"
		}
	case *paymentsv1.CancelPaymentRequest:
		if is.status[row.ObjectID] != "canceled" {
			return "its payment is not canceled"
		}
	case *paymentsv1.CreateRefundRequest:
		if len(moved) != 1 || moved[0].Refund != row.ObjectID {
			return "there is no such refund"
		}
	case nil:
		return "nobody asked for it"
	}
	return ""
}

// asks is whether a card asks for the customer first.
func asks(card string) bool { return strings.Contains(card, "threeDSecure") }

// amountOf is what a request moves if it says so itself, otherwise 0.
func amountOf(req operation.Request) int64 {
	if r, ok := req.(interface{ GetAmount() *paymentsv1.Money }); ok {
		return r.GetAmount().GetMinorUnits()
	}
	return 0
}

// judgeAnswers checks whether all that callers were told of an operation is true.
func (h *history) judgeAnswers(is truth, seen *simOperation, row store.Operation) {
	moved := is.moved[seen.stripeKey]
	mayAct := len(moved)+len(is.made[seen.id]) == 0
	for _, a := range h.told {
		if a.intent.caller != seen.caller || a.intent.key != seen.key {
			continue
		}
		meant := a.request == a.intent.request(seen.hash)
		switch {
		case a.kind == done && (row.State != store.Succeeded || !meant || idOf(a.resource) != row.ObjectID):
			h.breaksLocked("%s was told that it is done: %s; it is state %d, %s", seen.key, a.answer(), row.State, row.ObjectID)
		case a.kind == refused && meant && row.State != store.Failed && row.Attempt > 0 && a.reason != "INVALID_FIELD":
			h.breaksLocked("%s was told that it is refused: %s; it is state %d", seen.key, a.answer(), row.State)
		}
		// Something that nobody was told is done can have come of a call of which nobody was told that it did nothing.
		if a.kind != nothing && a.kind != reused || len(moved) > 0 && a.end.After(moved[0].Time) {
			mayAct = mayAct || len(moved) == 0 || !a.start.After(moved[0].Time)
		}
	}
	if !mayAct {
		h.breaksLocked("%s was done, and every caller was told that nothing was: %v", seen.key, moved)
	}
}

func idOf(resource any) string {
	if r, ok := resource.(interface{ GetId() string }); ok {
		return r.GetId()
	}
	return ""
}

func (h *history) intentOf(seen *simOperation) *intent {
	for _, i := range h.intents {
		if i.caller == seen.caller && i.key == seen.key {
			return i
		}
	}
	return nil
}

// open are the operations in a state, the oldest first.
func (h *history) inState(state store.State) []store.Operation {
	rows, err := h.store.List(h.t.Context(), store.Filter{States: []store.State{state}}, "", 1000)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		h.t.Fatal(err)
	}
	slices.Reverse(rows)
	return rows
}

// slowest keeps the longest time that it took to end everything once all faults had ended.
func (h *history) slowest(since time.Time) {
	for _, row := range h.inState(store.Pending) {
		h.breaks("%s is pending %s after the last fault", row.ID, time.Since(since))
	}
}
