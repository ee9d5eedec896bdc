package stripegw

import (
	"context"
	"fmt"
	"net/http"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// maxSends is how many requests one Write sends at most, whoever asks for more.
const maxSends = 3

// Sending is a write on its way to Stripe.
type Sending struct {
	// Method is the full name of the rpc.
	Method string
	// Request is what Prepare recorded for it, or for one step of it.
	Request Request
	// Next are the steps that follow this one.
	Next []Step
	// Key is the idempotency key at Stripe, the same for every send.
	Key string
	// OperationID is the operation's, for the caller to ask by.
	OperationID string
	// MaxSends is how many requests may go out, 1 to 3; what is beyond is taken for the nearest. A DELETE goes out once,
	// whatever it says: Stripe ignores the key there.
	MaxSends int
	// BeforeSend is asked before every send but the first; an error ends the write with what is known by then. Nil asks
	// nobody.
	BeforeSend func(ctx context.Context) error
	// Repeat is whether it may have been sent before this Write. Under its key Stripe answers a POST as it did then;
	// what a DELETE did is looked up before anything is sent.
	Repeat bool
}

// Verdict says what is known of a write.
type Verdict int

// The verdicts. The zero value is none.
const (
	// NotDone: surely none of these sends did anything, or will.
	NotDone Verdict = iota + 1
	// Done: Stripe did it or refused it, and the same key would give the same answer again.
	Done
	// Uncertain: it may have been done.
	Uncertain
)

// String names the verdict.
func (v Verdict) String() string {
	switch v {
	case NotDone:
		return "not done"
	case Done:
		return "done"
	case Uncertain:
		return "uncertain"
	default:
		return fmt.Sprintf("verdict %d", int(v))
	}
}

// Result is how a write ended. Printing it shows nothing that Stripe said.
type Result struct {
	// Verdict is what is known.
	Verdict Verdict
	// Outcome is complete for a success. For a refusal it may hold the resource as the refusal left it: the payment
	// inside a decline, with nothing of the charge but its id.
	Outcome Outcome
	// Err is nil for a success, otherwise an *apierr.Error: the refusal (Done), why nothing was done (NotDone), or
	// OUTCOME_PENDING (Uncertain).
	Err error
	// Uncertainty says what the last send met, if Uncertain.
	Uncertainty paymentsv1.OperationUncertainty
	// Next are the steps that follow a success, with what the first of them takes from its answer.
	Next []Step
	// KeepsFailing is whether Stripe keeps a failure of its own under the key, so that sending again tells nothing more.
	KeepsFailing bool
	// Sends is how many requests went out: how many the transport got. Reads are not counted.
	Sends int
	// StripeRequestIDs are Stripe's names for them, the oldest first, of those that were answered.
	StripeRequestIDs []string
}

// Write sends what Prepare recorded, under the key, reads the answer, and sends the same again where that may tell more
// and the rules of verdict.go allow it: at most three times, with a back-off that obeys ctx. What is not known stays
// Uncertain, whatever a later send meets, until one has a complete answer of Stripe's. A DELETE is sent once, and the
// object looked at where that does not tell enough; see writeDelete. A write that must not leave, for example without a
// key, is NotDone with INTERNAL, and nothing is sent.
func (g *Gateway) Write(ctx context.Context, s Sending) Result {
	w, ok := g.rowOf(s.Method, s.Request)
	switch {
	case !ok:
		return Result{Verdict: NotDone, Err: internal(apierr.ConstError("no write is " + s.Method))}
	case !s.Request.isWrite():
		return Result{Verdict: NotDone, Err: internal(errRequest)}
	}
	if err := refusal(s.Request, s.Key); err != nil {
		return Result{Verdict: NotDone, Err: internal(err)}
	}
	if s.deletes() {
		return g.writeDelete(ctx, w, s)
	}
	return g.sendAll(ctx, w, s)
}

// sendAll sends as often as it may and has to.
func (g *Gateway) sendAll(ctx context.Context, w write, s Sending) Result {
	var result Result
	for n := range s.most() {
		last := g.attempt(ctx, w, s)
		result.add(last, s.OperationID)
		if n+1 == s.most() || !last.again() || !g.pause(ctx, last, n) {
			break
		}
		if s.BeforeSend != nil && s.BeforeSend(ctx) != nil || ctx.Err() != nil {
			break
		}
	}
	return result
}

// most is how many requests may go out.
func (s Sending) most() int {
	if s.Request.Method == http.MethodDelete {
		return 1
	}
	return min(max(s.MaxSends, 1), maxSends)
}

// add takes in what one more send met. The last send decides, but for one thing: that it did nothing says nothing of
// those before it, unless Stripe knows the key from other parameters: then those before it met the same, whoever heard.
func (r *Result) add(a attempt, operationID string) {
	row := verdicts[a.met]
	earlier := r.Verdict == Uncertain || r.Verdict == Done
	r.Outcome, r.Next = a.outcome, a.next
	if r.Sends > 0 {
		r.Outcome.Replayed = false
	}
	if a.sent {
		r.Sends++
	}
	if a.outcome.StripeRequestID != "" {
		r.StripeRequestIDs = append(r.StripeRequestIDs, a.outcome.StripeRequestID)
	}
	r.Verdict, r.Uncertainty, r.Err = row.verdict, row.uncertainty, nil
	if a.err != nil {
		r.Err = a.err
	}
	if row.verdict == NotDone && earlier && a.met != metKeyReused {
		r.Verdict, r.Uncertainty = Uncertain, paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_HELD_BACK
	}
	if r.Verdict == Uncertain {
		r.Err = pending(operationID, a.failure)
	}
	r.KeepsFailing = r.Verdict == Uncertain && (r.KeepsFailing || a.keepsFailing())
}
