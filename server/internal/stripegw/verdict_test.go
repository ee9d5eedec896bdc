package stripegw_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

const (
	noAnswer      = paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_NO_ANSWER
	unreadable    = paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_UNREADABLE_ANSWER
	stripeFailure = paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_STRIPE_FAILURE
	inUse         = paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_IN_USE
	heldBack      = paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_HELD_BACK
	certain       = paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_UNSPECIFIED

	stripeContract = paymentsv1.ErrorReason_ERROR_REASON_STRIPE_CONTRACT
	noReason       = paymentsv1.ErrorReason_ERROR_REASON_UNSPECIFIED
)

// meeting is a row of the table of decisions: what one send meets, and what a write makes of it that meets nothing
// else.
type meeting struct {
	step

	verdict     stripegw.Verdict
	reason      paymentsv1.ErrorReason
	uncertainty paymentsv1.OperationUncertainty
	// sends is how many go out where the same is met every time.
	sends int
}

// apiError is a failure of Stripe's own.
func apiError(name string, status int) step {
	return step{name: name, status: status, body: stripeError("api_error", "")}
}

// invalidRequest is a refusal of Stripe's.
func invalidRequest(name string, status int, code string) step {
	return step{name: name, status: status, body: stripeError("invalid_request_error", code)}
}

var (
	paid       = step{name: "paid", status: 200, body: smallPayment}
	lost       = step{name: "lost", lost: true}
	rateLimit  = invalidRequest("rate_limit", 429, "rate_limit")
	locked     = invalidRequest("locked", 429, "lock_timeout")
	running    = invalidRequest("running", 409, "idempotency_key_in_use")
	failed500  = apiError("failed_500", 500)
	busy503    = apiError("busy_503", 503)
	proxyPage  = step{name: "proxy_page", status: 502, body: "<html>" + canary}
	declinedBy = step{name: "declined", status: 402, body: `{"error":{"type":"card_error","code":"card_declined"}}`}
	badKey     = invalidRequest("bad_key", 401, "")
	reusedKey  = step{name: "reused_key", status: 400, body: stripeError("idempotency_error", "")}
	noRoute    = step{name: "no_route", unreachable: true}
)

// meetings is the table of decisions, row by row.
func meetings() []meeting {
	const done, not, unsure = stripegw.Done, stripegw.NotDone, stripegw.Uncertain
	html := func(name string, status int) step { return step{name: name, status: status, body: "<html>" + canary} }
	return []meeting{
		{paid, done, noReason, certain, 1},
		{declinedBy, done, paymentDeclined, certain, 1},
		{invalidRequest("invalid", 400, "parameter_invalid_empty"), done, stripeContract, certain, 1},
		{invalidRequest("missing", 404, "resource_missing"), done, stripeContract, certain, 1},
		{invalidRequest("wrong_state", 400, "payment_intent_unexpected_state"), done, unexpectedState, certain, 1},
		{invalidRequest("conflict_of_state", 409, "payment_intent_unexpected_state"), done, unexpectedState, certain, 1},
		{invalidRequest("unknown_parameter", 400, "parameter_unknown"), done, stripeContract, certain, 1},

		{reusedKey, not, keyReused, certain, 1},
		{badKey, not, stripeCredentials, certain, 1},
		{invalidRequest("no_right", 403, ""), not, stripeCredentials, certain, 1},
		{invalidRequest("dependency", 400, "taxes_calculation_failed"), not, unavailable, certain, 1},
		{rateLimit, not, rateLimited, certain, 3},
		{invalidRequest("limit_without_code", 429, ""), not, rateLimited, certain, 3},
		{locked, not, lockTimeout, certain, 3},
		{noRoute, not, unavailable, certain, 3},

		{lost, unsure, outcomePending, noAnswer, 3},
		{step{name: "cut", status: 200, body: smallPayment[:20], cut: true}, unsure, outcomePending, noAnswer, 3},
		{step{name: "cut_402", status: 402, body: declinedBy.body[:20], cut: true}, unsure, outcomePending, noAnswer, 3},
		{step{name: "empty", status: 200}, unsure, outcomePending, unreadable, 3},
		{html("html", 200), unsure, outcomePending, unreadable, 3},
		{step{name: "truncated", status: 200, body: smallPayment[:40]}, unsure, outcomePending, unreadable, 3},
		{
			step{name: "wrong_object", status: 200, body: strings.Replace(smallPayment, "payment_intent", "charge", 1)},
			unsure, outcomePending, unreadable, 3,
		},
		{
			step{name: "too_large", status: 200, body: smallPayment, header: map[string]string{"Content-Length": "26214400"}},
			unsure, outcomePending, unreadable, 3,
		},
		{proxyPage, unsure, outcomePending, unreadable, 3},
		{html("html_400", 400), unsure, outcomePending, unreadable, 3},
		{html("html_401", 401), unsure, outcomePending, unreadable, 3},
		{html("html_403", 403), unsure, outcomePending, unreadable, 3},
		{html("html_404", 404), unsure, outcomePending, unreadable, 3},
		{html("html_429", 429), unsure, outcomePending, unreadable, 3},
		{html("html_503", 503), unsure, outcomePending, unreadable, 3},
		{html("redirect", 307), unsure, outcomePending, unreadable, 3},
		{step{name: "no_error_object", status: 400, body: "{}"}, unsure, outcomePending, unreadable, 3},
		{
			step{name: "no_type", status: 402, body: `{"error":{"code":"card_declined"}}`},
			unsure, outcomePending, unreadable, 3,
		},
		{step{name: "flat_error", status: 400, body: `{"error":"invalid_grant"}`}, unsure, outcomePending, unreadable, 3},

		{running, unsure, outcomePending, inUse, 3},
		{invalidRequest("conflict", 409, ""), unsure, outcomePending, inUse, 3},
		{
			step{name: "conflict_of_keys", status: 409, body: stripeError("idempotency_error", "")},
			unsure, outcomePending, inUse, 3,
		},
		{failed500, unsure, outcomePending, stripeFailure, 1},
		{apiError("502", 502), unsure, outcomePending, stripeFailure, 1},
		{apiError("504", 504), unsure, outcomePending, stripeFailure, 1},
		{invalidRequest("500_of_another_type", 500, ""), unsure, outcomePending, stripeFailure, 1},
		{apiError("400_api_error", 400), unsure, outcomePending, stripeFailure, 1},
		{invalidRequest("424", 424, ""), unsure, outcomePending, stripeFailure, 1},
		{busy503, unsure, outcomePending, stripeFailure, 3},
	}
}

// TestVerdicts is the table, each row alone.
func TestVerdicts(t *testing.T) {
	for _, tt := range meetings() {
		t.Run(tt.name, func(t *testing.T) {
			stripe := newScript(t, tt.step)
			g := stripe.gateway(t)

			got := g.Write(t.Context(), sending(createPayment, prepare(t, g, createRequest())))

			checkResult(t, got, tt.verdict, tt.reason, tt.uncertainty)
			checkSends(t, stripe, g, got, tt.sends)
		})
	}
}

// TestVerdictsAfterUnknown is the table after a send of which nobody knows what it did: only a complete answer of
// Stripe's ends that.
func TestVerdictsAfterUnknown(t *testing.T) {
	for _, first := range []step{lost, proxyPage, running, busy503} {
		for _, tt := range meetings() {
			t.Run(first.name+" then "+tt.name, func(t *testing.T) {
				stripe := newScript(t, first, tt.step)
				g := stripe.gateway(t)

				got := g.Write(t.Context(), sending(createPayment, prepare(t, g, createRequest())))

				want, reason, uncertainty := tt.verdict, tt.reason, tt.uncertainty
				// That Stripe knows the key from other parameters says it of the sends before, too.
				if want == stripegw.NotDone && tt.name != reusedKey.name {
					want, reason, uncertainty = stripegw.Uncertain, outcomePending, heldBack
				}
				checkResult(t, got, want, reason, uncertainty)
				checkSends(t, stripe, g, got, min(tt.sends+1, 3))
				if got.Outcome.Replayed {
					t.Error("Replayed = true, but an earlier send of this write made the answer")
				}
			})
		}
	}
}

// TestNothingThenAnswer: sends that did nothing leave the next one its own verdict.
func TestNothingThenAnswer(t *testing.T) {
	for _, first := range []step{rateLimit, locked, noRoute} {
		for _, tt := range meetings() {
			stripe := newScript(t, first, tt.step)
			g := stripe.gateway(t)
			got := g.Write(t.Context(), sending(createPayment, prepare(t, g, createRequest())))
			if got.Verdict != tt.verdict || got.Uncertainty != tt.uncertainty {
				t.Errorf("%s then %s: %v, %v, want %v", first.name, tt.name, got.Verdict, got.Uncertainty, tt.verdict)
			}
		}
	}
}

// TestShouldRetry: Stripe's own word comes before the rules by status, where it is Stripe who speaks; and it makes
// nothing certain.
func TestShouldRetry(t *testing.T) {
	heeds := map[string]bool{}
	for _, name := range []string{
		"declined", "invalid", "missing", "wrong_state", "conflict_of_state", "unknown_parameter", "bad_key", "no_right",
		"dependency", "rate_limit", "limit_without_code", "locked", "running", "conflict", "conflict_of_keys", "failed_500",
		"502", "504", "500_of_another_type", "400_api_error", "424", "busy_503",
	} {
		heeds[name] = true
	}
	for _, tt := range meetings() {
		for word, told := range map[string]int{"true": 3, "false": 1, "maybe": tt.sends} {
			t.Run(tt.name+" "+word, func(t *testing.T) {
				stripe := newScript(t, tt.with("Stripe-Should-Retry", word))
				g := stripe.gateway(t)

				got := g.Write(t.Context(), sending(createPayment, prepare(t, g, createRequest())))

				checkResult(t, got, tt.verdict, tt.reason, tt.uncertainty)
				sends := tt.sends
				if heeds[tt.name] {
					sends = told
				}
				checkSends(t, stripe, g, got, sends)
			})
		}
	}
}

// TestRefusalThatStripeWantsRepeated: it is not the last word, so that what follows may have been done.
func TestRefusalThatStripeWantsRepeated(t *testing.T) {
	stripe := newScript(t, declinedBy.with("Stripe-Should-Retry", "true"), badKey)
	g := stripe.gateway(t)
	got := g.Write(t.Context(), sending(createPayment, prepare(t, g, createRequest())))
	checkResult(t, got, stripegw.Uncertain, outcomePending, heldBack)
	checkSends(t, stripe, g, got, 2)
}

// checkResult wants the verdict, why, and that nothing of a body is seen.
func checkResult(
	t *testing.T, got stripegw.Result, verdict stripegw.Verdict, why paymentsv1.ErrorReason,
	uncertainty paymentsv1.OperationUncertainty,
) {
	t.Helper()
	if got.Verdict != verdict || got.Uncertainty != uncertainty {
		t.Errorf("%v, %v, want %v, %v", got.Verdict, got.Uncertainty, verdict, uncertainty)
	}
	if why == noReason {
		if got.Err != nil || got.Outcome.Resource == nil {
			t.Errorf("%v and %v, want a resource", got.Outcome.Resource, got.Err)
		}
		return
	}
	wantReason(t, got.Err, why)
	checkSilent(t, got.Err)
	if why == outcomePending && !strings.Contains(visible(got.Err), operationID) {
		t.Error("the operation id is not in the error")
	}
	if got.Verdict == stripegw.Uncertain && got.Outcome.Resource != nil {
		t.Error("an uncertain write has a resource")
	}
}

// checkSends wants as many sends, each with the same bytes under the same key.
func checkSends(t *testing.T, stripe *script, g *stripegw.Gateway, got stripegw.Result, want int) {
	t.Helper()
	if got.Sends != want || int(stripe.sends.Load()) != want || g.Sends() != int64(want) {
		t.Errorf("%d sends, %d at the transport, %d counted; want %d", got.Sends, stripe.sends.Load(), g.Sends(), want)
	}
	stripe.mu.Lock()
	defer stripe.mu.Unlock()
	for _, r := range stripe.requests {
		if r.Header.Get("Idempotency-Key") != stripeKey {
			t.Errorf("the key is %q, want %q", r.Header.Get("Idempotency-Key"), stripeKey)
		}
		if diff := cmp.Diff(stripe.requests[0].PostForm, r.PostForm); diff != "" {
			t.Errorf("the bytes differ between sends:\n%s", diff)
		}
	}
}
