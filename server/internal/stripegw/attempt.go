package stripegw

import (
	"context"
	"errors"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

// attempt is one send of a write, and what it met.
type attempt struct {
	met met
	// sent is whether the transport got the request.
	sent bool
	// outcome is that of a success, or as much as a refusal holds.
	outcome Outcome
	// next are the steps that follow a success.
	next []Step
	// failure is why it is no success, and err the same for the caller; both are nil for a success.
	failure *SendError
	err     *apierr.Error
}

// attempt sends once, and reads the answer.
func (g *Gateway) attempt(ctx context.Context, w write, s Sending) attempt {
	answer, err := g.Send(ctx, s.Request, s.Key)
	if err == nil {
		var a attempt
		if a, err = w.success(g, answer, s.Next); err == nil {
			return a
		}
		answer.Body = nil
		err = &SendError{Answer: answer, cause: err}
	}
	failure, ok := errors.AsType[*SendError](err)
	if !ok { // it could not even be built, as refusal should have said
		return attempt{met: metNothing, failure: &SendError{NothingSent: true, cause: err}, err: apierr.From(err)}
	}
	a := attempt{sent: !failure.kept, failure: failure}
	a.outcome.Replayed, a.outcome.StripeRequestID = failure.Answer.Replayed, failure.Answer.RequestID
	switch {
	case failure.Stripe != nil:
		a.err = apierr.FromStripe(w.named(*failure.Stripe, s.Request), w.subjectOf(s.Request, s.OperationID))
	case failure.NothingSent:
		a.err = apierr.Unavailable(failure, unavailableAfter)
	default:
		a.err = pending(s.OperationID, failure)
	}
	a.met = meet(failure, a.err.Reason)
	switch left := failure.declined; {
	case a.met != metRefusal:
	case left.payment != nil && w.object.subject == paymentSubject:
		a.outcome.Resource = g.payment(left.payment)
	case left.setup != nil && w.object.subject == setupIntentSubject:
		a.outcome.Resource = g.setupIntent(left.setup)
	}
	return a
}

// success reads an answer of success, and what the steps that follow need from it.
func (w write) success(g *Gateway, answer Answer, next []Step) (attempt, error) {
	outcome, err := w.object.decode(g, answer.Body)
	if err != nil {
		return attempt{}, err
	}
	next, err = filled(next, answer.Body)
	if errors.Is(err, errMeanwhile) {
		answer.Body = nil
		return attempt{
			met: metRefusal, sent: true, failure: &SendError{Answer: answer, cause: err}, err: meanwhile(),
			outcome: Outcome{Replayed: answer.Replayed, StripeRequestID: answer.RequestID},
		}, nil
	}
	if err != nil {
		return attempt{}, err
	}
	outcome.Replayed, outcome.StripeRequestID = answer.Replayed, answer.RequestID
	return attempt{met: metSuccess, sent: true, outcome: outcome, next: next}, nil
}

// pending is OUTCOME_PENDING for what a send met.
func pending(operationID string, failure *SendError) *apierr.Error {
	if failure.Stripe == nil {
		return apierr.OutcomePending(operationID, failure).WithMetadata("stripe_request_id", failure.Answer.RequestID)
	}
	return apierr.OutcomePending(operationID, *failure.Stripe).
		WithMetadata("stripe_request_id", failure.Answer.RequestID)
}

// again is whether a further send with the same key may tell more. Stripe's own word comes before the rule, as in
// shouldRetry of stripe-go, but only where it is Stripe who speaks. A failure that Stripe keeps under the key stays.
func (a attempt) again() bool {
	row := verdicts[a.met]
	switch {
	case row.heeds && a.failure.shouldRetry == "true":
		return true
	case row.heeds && a.failure.shouldRetry == "false", a.keepsFailing():
		return false
	default:
		return row.again
	}
}

// keepsFailing is whether Stripe has told again of a failure of its own that it keeps under the key
// (https://docs.stripe.com/api/idempotent_requests).
func (a attempt) keepsFailing() bool {
	return (a.met == metStripeFailure || a.met == metStripeBusy) && a.failure.Answer.Replayed
}
