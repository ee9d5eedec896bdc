package sandbox_test

import (
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// writes are all POSTs of the API, each prepared so that it can be done once: the path, the parameters, and how many
// movements of money it makes.
var writes = map[string]func(t *testing.T, a api) (path, form string, moves int){
	"update": func(t *testing.T, a api) (string, string, int) {
		t.Helper()
		return intentsPath + "/" + a.open(t, "").text("id"), "amount=300", 0
	},
	"confirm": func(t *testing.T, a api) (string, string, int) {
		t.Helper()
		return intentsPath + "/" + a.open(t, "").text("id") + "/confirm", "payment_method=pm_card_visa", 1
	},
	"capture": func(t *testing.T, a api) (string, string, int) {
		t.Helper()
		return intentsPath + "/" + a.hold(t, "").text("id") + "/capture", "amount_to_capture=700", 2
	},
	"cancel": func(t *testing.T, a api) (string, string, int) {
		t.Helper()
		return intentsPath + "/" + a.hold(t, "").text("id") + "/cancel", "", 1
	},
	"refund": func(t *testing.T, a api) (string, string, int) {
		t.Helper()
		return refundsPath, "amount=700&payment_intent=" + a.pay(t, "pm_card_visa", "").text("id"), 1
	},
	"update a refund": func(t *testing.T, a api) (string, string, int) {
		t.Helper()
		return refundsPath + "/" + a.refund(t, a.pay(t, "pm_card_visa", "").text("id"), "").text("id"), "metadata[a]=b", 0
	},
	"cancel a refund": func(t *testing.T, a api) (string, string, int) {
		t.Helper()
		re := a.refund(t, a.pay(t, "pm_card_pendingRefund", "").text("id"), "").text("id")
		a.post(t, "/_sandbox/refunds/"+re+"/require_action", "").want(t, 200, nil)
		return refundsPath + "/" + re + "/cancel", "", 1
	},
}

// Each write is done once per key: the second request gets the first answer, another request with the key is refused,
// and one that comes meanwhile gets 409 (docs.stripe.com/api/idempotent_requests).
func TestT01_EveryWriteIsIdempotent(t *testing.T) {
	for name, prepare := range writes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := api{Sandbox: sandbox.New(sandbox.Config{})}
				path, form, moves := prepare(t, a)
				before := len(a.Ledger())
				mustAdd(t, a, sandbox.Fault{Kind: sandbox.FaultDelay, DelayMS: 1000, Count: 1})
				var first reply
				done := make(chan struct{})
				go func() {
					defer close(done)
					first = a.post(t, path, form, key("k"))
				}()
				synctest.Wait()
				a.post(t, path, form, key("k")).want(t, 409, map[string]any{"error.code": "idempotency_key_in_use"})
				<-done
				first.want(t, 200, nil)
				again := a.post(t, path, form, key("k"))
				if again.raw != first.raw || again.header.Get("Idempotent-Replayed") != "true" {
					t.Errorf("the replay differs: %d %s", again.status, again.raw)
				}
				a.post(t, path, "expand[]=charge&"+form, key("k")).want(t, 400, nil)
				if got := len(a.Ledger()) - before; got != moves {
					t.Errorf("%d movements of money, want %d", got, moves)
				}
			})
		})
	}
}

// Each fault on each write: what is lost on the way out has happened once, what is lost on the way in has not.
func TestT02_FaultsOnEveryWrite(t *testing.T) {
	t.Parallel()
	for name, prepare := range writes {
		for fault, happened := range map[sandbox.FaultKind]bool{
			sandbox.FaultDropBefore: false, sandbox.FaultDropAfter: true, sandbox.FaultTruncate: true,
			sandbox.Fault500Before: false, sandbox.Fault500After: true, sandbox.Fault502HTML: false,
		} {
			t.Run(name+" "+string(fault), func(t *testing.T) {
				t.Parallel()
				a := newAPI()
				path, form, moves := prepare(t, a)
				before := len(a.Ledger())
				mustAdd(t, a, sandbox.Fault{Kind: fault, Count: 1})
				_, _ = a.try(t, http.MethodPost, path, form, key("k"))
				if !happened {
					moves = 0
				}
				if got := len(a.Ledger()) - before; got != moves {
					t.Errorf("%d movements of money, want %d", got, moves)
				}
				again := a.post(t, path, form, key("k"))
				kept := happened || fault == sandbox.Fault500Before // Stripe keeps a 500 too
				if replayed := again.header.Get("Idempotent-Replayed") == "true"; replayed != kept {
					t.Errorf("replayed %v: %d %s", replayed, again.status, again.raw)
				}
			})
		}
	}
}
