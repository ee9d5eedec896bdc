package service_test

import (
	"context"
	"errors"
	"testing"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/auth"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/service"
)

const (
	toPay            = paymentsv1.Scope_SCOPE_PAYMENTS_WRITE
	needsAction      = paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_ACTION
	setupNeedsAction = paymentsv1.SetupIntentState_SETUP_INTENT_STATE_REQUIRES_ACTION
)

func deposits() *paymentsv1.NextAction {
	return &paymentsv1.NextAction{Action: &paymentsv1.NextAction_VerifyMicrodeposits_{
		VerifyMicrodeposits: &paymentsv1.NextAction_VerifyMicrodeposits{},
	}}
}

func redirect() *paymentsv1.NextAction {
	return &paymentsv1.NextAction{Action: &paymentsv1.NextAction_RedirectToUrl_{
		RedirectToUrl: &paymentsv1.NextAction_RedirectToUrl{},
	}}
}

func verifySetup(id string) *paymentsv1.VerifyMicrodepositsRequest {
	return &paymentsv1.VerifyMicrodepositsRequest{
		Subject: &paymentsv1.VerifyMicrodepositsRequest_SetupIntentId{SetupIntentId: id},
	}
}

func verifyPayment(id string) *paymentsv1.VerifyMicrodepositsRequest {
	return &paymentsv1.VerifyMicrodepositsRequest{
		Subject: &paymentsv1.VerifyMicrodepositsRequest_PaymentId{PaymentId: id},
	}
}

// A method of nobody is not detached: where the answer is lost, it would be taken for one that was.
func TestDetachWantsACustomer(t *testing.T) {
	down := errors.New("Stripe is down")
	for _, tt := range []struct {
		id     string
		down   error
		reason string
	}{
		{"pm_attached", nil, ""},
		{"pm_of_nobody", nil, "UNEXPECTED_STATE"},
		{"pm_missing", nil, "RESOURCE_MISSING"},
		{"pm_attached", down, "INTERNAL"},
	} {
		t.Run(tt.id+tt.reason, func(t *testing.T) {
			reads := &fakeCustomers{
				methods: []*paymentsv1.PaymentMethod{{Id: "pm_attached", CustomerId: "cus_1"}, {Id: "pm_of_nobody"}},
				err:     tt.down,
			}
			writes := &fakeEnsurer{fakeWriter: fakeWriter{outcome: operation.Outcome{Resource: &paymentsv1.PaymentMethod{}}}}
			err := second(service.NewCustomers(writes, reads, false).DetachPaymentMethod(t.Context(),
				&paymentsv1.DetachPaymentMethodRequest{PaymentMethodId: tt.id}))
			hears(t, err, tt.reason, "")
			if (writes.writes == 1) != (tt.reason == "") {
				t.Errorf("%d writes", writes.writes)
			}
		})
	}
}

// hears wants an error of this reason that names this state, or none.
func hears(t *testing.T, err error, reason, state string) {
	t.Helper()
	if reasonOf(err) != reason {
		t.Errorf("got %v, want %q", err, reason)
	}
	if err == nil {
		return
	}
	if got, ok := apierr.From(err).Metadata["state"]; got != state || ok != (state != "") {
		t.Errorf("the state is %q, want %q", got, state)
	}
}

// Only what waits for microdeposits is verified; all else is told its state, and nothing is sent.
func TestVerifyWantsWhatWaits(t *testing.T) {
	down := errors.New("Stripe is down")
	for _, tt := range []struct {
		name    string
		setup   *paymentsv1.SetupIntent
		payment *paymentsv1.Payment
		down    error
		reason  string
		state   string
	}{
		{
			"waits", &paymentsv1.SetupIntent{State: setupNeedsAction, NextAction: deposits()},
			&paymentsv1.Payment{State: needsAction, NextAction: deposits()}, nil, "", "",
		},
		{
			"waits for the customer's bank", &paymentsv1.SetupIntent{State: setupNeedsAction, NextAction: redirect()},
			&paymentsv1.Payment{State: needsAction, NextAction: redirect()}, nil, "UNEXPECTED_STATE", "REQUIRES_ACTION",
		},
		{
			"waits for nothing known", &paymentsv1.SetupIntent{State: setupNeedsAction},
			&paymentsv1.Payment{State: needsAction}, nil, "UNEXPECTED_STATE", "REQUIRES_ACTION",
		},
		{
			"does not wait any more",
			&paymentsv1.SetupIntent{
				State: paymentsv1.SetupIntentState_SETUP_INTENT_STATE_PROCESSING, NextAction: deposits(),
			},
			&paymentsv1.Payment{State: paymentsv1.PaymentState_PAYMENT_STATE_PROCESSING, NextAction: deposits()},
			nil, "UNEXPECTED_STATE", "PROCESSING",
		},
		{
			"was refused", &paymentsv1.SetupIntent{State: paymentsv1.SetupIntentState_SETUP_INTENT_STATE_REQUIRES_PAYMENT_METHOD},
			&paymentsv1.Payment{State: paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_PAYMENT_METHOD}, nil,
			"UNEXPECTED_STATE", "REQUIRES_PAYMENT_METHOD",
		},
		{
			"a state of tomorrow", &paymentsv1.SetupIntent{RawState: "requires_luck"},
			&paymentsv1.Payment{RawState: "requires_luck"}, nil, "UNEXPECTED_STATE", "REQUIRES_LUCK",
		},
		{"missing", nil, nil, nil, "RESOURCE_MISSING", ""},
		{"Stripe is down", nil, nil, down, "INTERNAL", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reads := &fakeCustomers{err: tt.down}
			if tt.setup != nil {
				tt.setup.Id, tt.payment.Id = "seti_1", "pi_1"
				reads.setups, reads.payments = []*paymentsv1.SetupIntent{tt.setup}, []*paymentsv1.Payment{tt.payment}
			}
			for _, req := range []*paymentsv1.VerifyMicrodepositsRequest{verifySetup("seti_1"), verifyPayment("pi_1")} {
				writes := &fakeEnsurer{fakeWriter: fakeWriter{outcome: operation.Outcome{Resource: &paymentsv1.Payment{}}}}
				ctx := auth.WithCaller(t.Context(), caller("checkout", toPay))
				hears(t, second(service.NewCustomers(writes, reads, false).VerifyMicrodeposits(ctx, req)), tt.reason, tt.state)
				if (writes.writes == 1) != (tt.reason == "") {
					t.Errorf("%d writes", writes.writes)
				}
			}
		})
	}
}

// knownKeys knows every key, and asks no check: what it knows is not told without the scope either.
type knownKeys struct{ fakeEnsurer }

func (w *knownKeys) Do(
	ctx context.Context, method string, req operation.Request, _ ...operation.Check,
) (operation.Outcome, error) {
	return w.fakeEnsurer.Do(ctx, method, req)
}

// Money may follow the verification of a payment, so whoever verifies it must be allowed to move money.
func TestVerifyAPaymentTakesTheScopeToPay(t *testing.T) {
	reads := &fakeCustomers{
		setups:   []*paymentsv1.SetupIntent{{Id: "seti_1", State: setupNeedsAction, NextAction: deposits()}},
		payments: []*paymentsv1.Payment{{Id: "pi_1", State: needsAction, NextAction: deposits()}},
	}
	for _, tt := range []struct {
		name   string
		by     auth.Caller
		req    *paymentsv1.VerifyMicrodepositsRequest
		reason string
	}{
		{"a setup intent", caller("crm"), verifySetup("seti_1"), ""},
		{"a payment", caller("checkout", toPay), verifyPayment("pi_1"), ""},
		{"a payment without the scope", caller("crm"), verifyPayment("pi_1"), "SCOPE_MISSING"},
		{"a payment that is not, without the scope", caller("crm"), verifyPayment("pi_2"), "SCOPE_MISSING"},
		{"a payment, by nobody", auth.Caller{}, verifyPayment("pi_1"), "SCOPE_MISSING"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			writes := &knownKeys{fakeEnsurer{fakeWriter: fakeWriter{outcome: operation.Outcome{Resource: &paymentsv1.Payment{}}}}}
			err := second(service.NewCustomers(writes, reads, false).VerifyMicrodeposits(auth.WithCaller(t.Context(), tt.by), tt.req))
			hears(t, err, tt.reason, "")
			if (writes.writes == 1) != (tt.reason == "") {
				t.Errorf("%d writes", writes.writes)
			}
			if err != nil && apierr.From(err).Metadata["scope"] != "PAYMENTS_WRITE" {
				t.Errorf("the scope that is missing is %q", apierr.From(err).Metadata["scope"])
			}
		})
	}
}
