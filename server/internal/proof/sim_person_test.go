package proof_test

import (
	"context"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/store"
)

// person ends an operation that is unknown, if one is. A person who knows what they do waits until nothing is under way.
func (h *history) person() {
	rows := h.inState(store.Unknown)
	if len(rows) > 0 && !h.busy() && !h.frozen() {
		h.resolve(pick(h, rows))
	}
}

func (h *history) frozen() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.machines {
		if time.Until(m.until) > 0 || m.dead {
			return true
		}
	}
	return false
}

// resolve says what became of an operation, as the ledger has it.
func (h *history) resolve(row store.Operation) {
	object, known := h.evidence(row)
	if alive := h.alive(); known && len(alive) > 0 {
		m := pick(h, alive)
		req := &paymentsv1.ResolveOperationRequest{OperationId: row.ID, Note: "looked into the ledger"}
		if object != "" {
			req.Resolution = &paymentsv1.ResolveOperationRequest_ObjectId{ObjectId: object}
		} else {
			req.Resolution = &paymentsv1.ResolveOperationRequest_NotDone{NotDone: true}
		}
		h.calls.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			_, err := m.runner.Resolve(ctx, req, "operator")
			reason := ""
			if err != nil {
				reason = apierr.ShortReason(apierr.From(err).Reason)
			}
			h.note("a person says that %s is %q: %s", short(row.ID), object, reason)
			h.count(func(c *counts) { c.Resolved++ })
		})
	}
}

// evidence is the object that an operation made or changed, empty if it did nothing. It is not known of what leaves no
// trace.
func (h *history) evidence(row store.Operation) (object string, known bool) {
	is := h.look()
	h.mu.Lock()
	defer h.mu.Unlock()
	seen := h.operations[row.ID]
	moved := is.moved[seen.stripeKey]
	req := h.intentOf(seen).request(seen.hash)
	switch r := req.(type) {
	case *paymentsv1.CreatePaymentRequest:
		if made := is.made[row.ID]; len(made) > 0 {
			return made[0], true
		}
		return "", true
	case *paymentsv1.CancelPaymentRequest:
		if is.status[r.GetPaymentId()] == "canceled" {
			return r.GetPaymentId(), true
		}
		return "", true
	case *paymentsv1.ConfirmPaymentRequest:
		if len(moved) == 0 && is.status[r.GetPaymentId()] == "requires_action" {
			return r.GetPaymentId(), true
		}
	case *paymentsv1.CapturePaymentRequest:
	case *paymentsv1.CreateRefundRequest:
		if len(moved) > 0 {
			return moved[0].Refund, true
		}
	default:
		return "", false
	}
	if len(moved) > 0 {
		return moved[0].PaymentIntent, true
	}
	return "", true
}
