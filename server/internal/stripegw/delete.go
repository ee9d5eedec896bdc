package stripegw

import (
	"context"
	"net/http"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// deletes is whether the request is a DELETE.
func (s Sending) deletes() bool { return s.Request.Method == http.MethodDelete }

// writeDelete sends a DELETE. Stripe ignores the key there (https://docs.stripe.com/api/idempotent_requests), so that
// a repetition meets 404 where the first one was done. What was, or may have been, sent before is therefore looked
// for first, and of what tells nothing about this DELETE the object itself decides: one that is gone is the success,
// however it went.
func (g *Gateway) writeDelete(ctx context.Context, w write, s Sending) Result {
	var seen []string
	if s.Repeat {
		found, err := g.look(ctx, w, s.search())
		seen = found.StripeRequestIDs
		switch {
		case err != nil:
			return s.notSeen(seen, err)
		case found.Found:
			return Result{Verdict: Done, Outcome: found.Outcome, Next: found.Next, StripeRequestIDs: seen}
		}
	}
	result := g.sendAll(ctx, w, s)
	result.StripeRequestIDs = append(seen, result.StripeRequestIDs...)
	if !result.asksForALook() {
		return result
	}
	found, err := g.look(ctx, w, s.search())
	result.StripeRequestIDs = append(result.StripeRequestIDs, found.StripeRequestIDs...)
	switch {
	case err == nil && found.Found:
		result.Verdict, result.Uncertainty, result.KeepsFailing = Done, 0, false
		result.Outcome, result.Next, result.Err = found.Outcome, found.Next, nil
	case err != nil && result.Verdict == Done:
		// That it does not exist may be what an earlier DELETE has left.
		unseen := s.notSeen(result.StripeRequestIDs, err)
		unseen.Sends = result.Sends
		return unseen
	}
	return result
}

// asksForALook is whether a DELETE may have been done although its answer does not say so.
func (r Result) asksForALook() bool {
	return r.Verdict == Uncertain || r.Verdict == Done && r.Err != nil &&
		apierr.From(r.Err).Reason == paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_MISSING
}

// notSeen is for a DELETE of which the object can not be read.
func (s Sending) notSeen(requestIDs []string, cause error) Result {
	return Result{
		Verdict:          Uncertain,
		Uncertainty:      paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_HELD_BACK,
		Err:              apierr.OutcomePending(s.OperationID, cause),
		StripeRequestIDs: requestIDs,
	}
}

// search is what a look-up needs to know of a write to an object that exists.
func (s Sending) search() Search {
	return Search{Method: s.Method, Request: s.Request, Next: s.Next, OperationID: s.OperationID}
}
