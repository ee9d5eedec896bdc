package sandbox_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// newClient is Stripe's own library against a sandbox on loopback.
func newClient(t *testing.T, s http.Handler) *client.API {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL: new(server.URL), HTTPClient: server.Client(), MaxNetworkRetries: new(int64(0)),
		EnableTelemetry: new(false), LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})
	return client.New("sk_test_sandbox", &stripe.Backends{API: backend})
}

func intentParams(t *testing.T, method string) *stripe.PaymentIntentParams {
	t.Helper()
	p := &stripe.PaymentIntentParams{
		Amount: new(int64(2000)), Currency: new("usd"), PaymentMethod: new(method),
		Confirm: new(true),
		AutomaticPaymentMethods: &stripe.PaymentIntentAutomaticPaymentMethodsParams{
			Enabled: new(true), AllowRedirects: new("never"),
		},
	}
	p.Context = t.Context()
	return p
}

// Stripe's library understands every answer of the sandbox.
func TestT01_StripeLibrary(t *testing.T) {
	t.Parallel()
	c := newClient(t, newAPI())
	p := intentParams(t, "pm_card_visa")
	p.SetIdempotencyKey("order-1")
	p.AddMetadata("order", "1")
	p.AddExpand("latest_charge.balance_transaction")
	p.AddExpand("payment_method")
	pi, err := c.PaymentIntents.New(p)
	if err != nil {
		t.Fatal(err)
	}
	if pi.Status != stripe.PaymentIntentStatusSucceeded || pi.LatestCharge.BalanceTransaction.Net != 1912 ||
		pi.PaymentMethod.Card.Last4 != "4242" || pi.Metadata["order"] != "1" {
		t.Errorf("%+v", pi)
	}
	if r := pi.LastResponse; r.IdempotencyKey != "order-1" || r.RequestID == "" || r.StatusCode != 200 {
		t.Errorf("%+v", r)
	}
	get := &stripe.PaymentIntentParams{}
	get.Context = t.Context()
	if again, err := c.PaymentIntents.Get(pi.ID, get); err != nil || again.ID != pi.ID {
		t.Errorf("%v %v", again, err)
	}
	charge := &stripe.ChargeParams{}
	charge.Context = t.Context()
	charge.AddExpand("payment_intent")
	if ch, err := c.Charges.Get(pi.LatestCharge.ID, charge); err != nil || ch.PaymentIntent.Amount != 2000 || !ch.Captured {
		t.Errorf("%v %v", ch, err)
	}
	method := &stripe.PaymentMethodParams{}
	method.Context = t.Context()
	if pm, err := c.PaymentMethods.Get(pi.PaymentMethod.ID, method); err != nil || pm.Card.Brand != "visa" {
		t.Errorf("%v %v", pm, err)
	}
}

func TestT01_StripeLibraryErrors(t *testing.T) {
	t.Parallel()
	a := newAPI()
	c := newClient(t, a)
	_, err := c.PaymentIntents.New(intentParams(t, "pm_card_visa_chargeDeclinedInsufficientFunds"))
	var declined *stripe.Error
	if !errors.As(err, &declined) {
		t.Fatal(err)
	}
	if declined.Code != stripe.ErrorCodeCardDeclined || declined.DeclineCode != stripe.DeclineCodeInsufficientFunds ||
		declined.HTTPStatusCode != 402 || declined.PaymentIntent.Status != stripe.PaymentIntentStatusRequiresPaymentMethod ||
		declined.PaymentMethod.Card.Last4 != "9995" || declined.ChargeID == "" || declined.RequestID == "" {
		t.Errorf("%v", declined)
	}
	if _, is := errors.AsType[*stripe.CardError](err); !is {
		t.Error("the decline is no card error")
	}
	confirm := &stripe.PaymentIntentConfirmParams{PaymentMethod: new("pm_card_threeDSecure2Required")}
	confirm.Context = t.Context()
	pi, err := c.PaymentIntents.Confirm(declined.PaymentIntent.ID, confirm)
	if err != nil || pi.Status != stripe.PaymentIntentStatusRequiresAction ||
		pi.NextAction.Type != stripe.PaymentIntentNextActionTypeUseStripeSDK {
		t.Errorf("%v %v", pi, err)
	}
	_, err = c.PaymentIntents.Get("pi_none", &stripe.PaymentIntentParams{Params: stripe.Params{Context: t.Context()}})
	if !errors.As(err, &declined) || declined.Code != stripe.ErrorCodeResourceMissing || declined.HTTPStatusCode != 404 {
		t.Errorf("%v", err)
	}
	mustAdd(t, a, sandbox.Fault{Kind: sandbox.Fault502HTML, Count: 1})
	if _, err = c.PaymentIntents.New(intentParams(t, "pm_card_visa")); err == nil || errors.As(err, new(*stripe.Error)) {
		t.Errorf("a page of a proxy was taken for an answer: %v", err)
	}
}

// BenchmarkPay measures one paid intent in the same process.
func BenchmarkPay(b *testing.B) {
	s := sandbox.New(sandbox.Config{})
	for b.Loop() {
		r, _ := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://stripe.test"+intentsPath+"?"+
			payment("pm_card_visa"), http.NoBody)
		r.Header.Set("Authorization", "Bearer sk_test_sandbox")
		response, err := s.RoundTrip(r)
		if err != nil || response.StatusCode != 200 {
			b.Fatal(err)
		}
	}
}
