package app_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// journey is one payment on its way, by a caller whose calls must succeed. Each step has a key of its own.
type journey struct {
	*process
	paymentsv1.PaymentServiceClient

	key string
}

// update gives the payment a method.
func (j journey) update(t *testing.T, id, method string) {
	t.Helper()
	if _, err := j.UpdatePayment(dev(t), &paymentsv1.UpdatePaymentRequest{
		IdempotencyKey: j.key + "-update", PaymentId: id, Payment: &paymentsv1.Payment{PaymentMethodId: method},
	}); err != nil {
		t.Fatal(err)
	}
}

// confirm tries to collect with a method, or the one that is there.
func (j journey) confirm(t *testing.T, id, method string) {
	t.Helper()
	if _, err := j.ConfirmPayment(dev(t), &paymentsv1.ConfirmPaymentRequest{
		IdempotencyKey: j.key + "-confirm", PaymentId: id, PaymentMethodId: method,
	}); err != nil {
		t.Fatal(err)
	}
}

// refuse is confirm with a method that is declined.
func (j journey) refuse(t *testing.T, id, method string) {
	t.Helper()
	if _, err := j.ConfirmPayment(dev(t), &paymentsv1.ConfirmPaymentRequest{
		IdempotencyKey: j.key + "-refused", PaymentId: id, PaymentMethodId: method,
	}); reasonOf(err) != "PAYMENT_DECLINED" {
		t.Fatalf("got %v, want PAYMENT_DECLINED", err)
	}
}

func (j journey) capture(t *testing.T, id string) {
	t.Helper()
	if _, err := j.CapturePayment(dev(t), &paymentsv1.CapturePaymentRequest{
		IdempotencyKey: j.key + "-capture", PaymentId: id,
	}); err != nil {
		t.Fatal(err)
	}
}

func (j journey) cancelIt(t *testing.T, id string) {
	t.Helper()
	if _, err := j.CancelPayment(dev(t), &paymentsv1.CancelPaymentRequest{
		IdempotencyKey: j.key + "-cancel", PaymentId: id,
		CancellationReason: paymentsv1.CancellationReason_CANCELLATION_REASON_ABANDONED,
	}); err != nil {
		t.Fatal(err)
	}
}

const (
	visa       = "pm_card_visa"
	challenged = "pm_card_threeDSecure2Required"
	// declinedLater passes the customer's step and is then refused.
	declinedLater = "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"
)

// transitions are those of Stripe's payment intents, each reached through the API: how the payment is made, what
// happens to it, and where it stands after each step. Left out are bank debits and manual confirmation, which this API
// has no rpc for, and the number of refused confirmations after which Stripe cancels, which it does not publish.
// https://docs.stripe.com/payments/payment-intents/verifying-status
var transitions = []struct {
	name   string
	method string
	manual bool
	steps  []func(t *testing.T, j journey, id string)
	states []paymentsv1.PaymentState
	moved  []string
}{
	{"no method", "", false, nil, states(needsMethod), nil},
	{"a method", visa, false, nil, states(needsConfirmation), nil},
	{"a method by update", "", false, steps(updated(visa)), states(needsMethod, needsConfirmation), nil},
	{
		"confirmed with a method", "", false, steps(confirmed(visa)), states(needsMethod, succeeded),
		[]string{"charge 2000"},
	},
	{"confirmed", visa, false, steps(confirmed("")), states(needsConfirmation, succeeded), []string{"charge 2000"}},
	{
		"held with a method", "", true, steps(confirmed(visa)), states(needsMethod, needsCapture),
		[]string{"authorize 2000"},
	},
	{"held", visa, true, steps(confirmed("")), states(needsConfirmation, needsCapture), []string{"authorize 2000"}},
	{
		"asked to authenticate, with a method", "", false, steps(confirmed(challenged)), states(needsMethod, needsAction),
		nil,
	},
	{"asked to authenticate", challenged, false, steps(confirmed("")), states(needsConfirmation, needsAction), nil},
	{
		"refused, and tried again", "", false, steps(refused("pm_card_visa_chargeDeclined"), confirmed(visa)),
		states(needsMethod, needsMethod, succeeded),
		[]string{"charge 2000"},
	},
	{
		"refused with the method that was there", "pm_card_visa_chargeDeclined", false, steps(refused("")),
		states(needsConfirmation, needsMethod), nil,
	},
	{
		"authenticated", challenged, false, steps(confirmed(""), authenticated("succeed")),
		states(needsConfirmation, needsAction, succeeded),
		[]string{"charge 2000"},
	},
	{
		"authenticated and held", challenged, true, steps(confirmed(""), authenticated("succeed")),
		states(needsConfirmation, needsAction, needsCapture),
		[]string{"authorize 2000"},
	},
	{
		"not authenticated", challenged, false, steps(confirmed(""), authenticated("fail")),
		states(needsConfirmation, needsAction, needsMethod), nil,
	},
	{
		"authenticated and then refused", declinedLater, false, steps(confirmed(""), authenticated("succeed")),
		states(needsConfirmation, needsAction, needsMethod), nil,
	},
	{
		"captured", visa, true, steps(confirmed(""), captured), states(needsConfirmation, needsCapture, succeeded),
		[]string{"authorize 2000", "capture 2000"},
	},
	{
		"held and cancelled", visa, true, steps(confirmed(""), cancelled), states(needsConfirmation, needsCapture, canceled),
		[]string{"authorize 2000", "release 2000"},
	},
	{
		"held for too long", visa, true, steps(confirmed(""), expired), states(needsConfirmation, needsCapture, canceled),
		[]string{"authorize 2000", "release 2000"},
	},
	{"cancelled without a method", "", false, steps(cancelled), states(needsMethod, canceled), nil},
	{"cancelled with a method", visa, false, steps(cancelled), states(needsConfirmation, canceled), nil},
	{
		"cancelled while the customer is asked", challenged, false, steps(confirmed(""), cancelled),
		states(needsConfirmation, needsAction, canceled), nil,
	},
}

func states(s ...paymentsv1.PaymentState) []paymentsv1.PaymentState { return s }

func steps(s ...func(*testing.T, journey, string)) []func(*testing.T, journey, string) { return s }

func updated(method string) func(*testing.T, journey, string) {
	return func(t *testing.T, j journey, id string) {
		t.Helper()
		j.update(t, id, method)
	}
}

func confirmed(method string) func(*testing.T, journey, string) {
	return func(t *testing.T, j journey, id string) {
		t.Helper()
		j.confirm(t, id, method)
	}
}

func refused(method string) func(*testing.T, journey, string) {
	return func(t *testing.T, j journey, id string) {
		t.Helper()
		j.refuse(t, id, method)
	}
}

func authenticated(outcome string) func(*testing.T, journey, string) {
	return func(t *testing.T, j journey, id string) {
		t.Helper()
		j.authenticate(t, id, outcome)
	}
}

func captured(t *testing.T, j journey, id string) {
	t.Helper()
	j.capture(t, id)
}

func cancelled(t *testing.T, j journey, id string) {
	t.Helper()
	j.cancelIt(t, id)
}

func expired(t *testing.T, j journey, _ string) {
	t.Helper()
	j.advance(t, 7*24*time.Hour+time.Second)
}

func TestTransitions(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	for _, tt := range transitions {
		t.Run(tt.name, func(t *testing.T) {
			p.steer(t, "reset", struct{}{})
			j := journey{p, client, "transition-" + strings.Map(keyCharacter, tt.name)}
			request := order(j.key, tt.method)
			request.Confirm = false
			if tt.manual {
				request.CaptureMethod = paymentsv1.CaptureMethod_CAPTURE_METHOD_MANUAL
			}
			payment := create(t, client, request)
			checkPayment(t, payment, tt.states[0])
			for i, step := range tt.steps {
				step(t, j, payment.GetId())
				checkPayment(t, read(t, client, payment.GetId()), tt.states[i+1])
			}
			if moved := p.moved(t); !slices.Equal(moved, tt.moved) {
				t.Errorf("money moved: %v, want %v", moved, tt.moved)
			}
		})
	}
}

// checkPayment wants a payment in this state, with all that the state promises.
func checkPayment(t *testing.T, payment *paymentsv1.Payment, state paymentsv1.PaymentState) {
	t.Helper()
	if payment.GetState() != state || payment.GetRawState() != "" {
		t.Fatalf("the state is %v, want %v", payment.GetState(), state)
	}
	var received, capturable int64
	switch state {
	case succeeded:
		received = 2000
	case needsCapture:
		capturable = 2000
	default:
	}
	if payment.GetAmountReceived().GetMinorUnits() != received ||
		payment.GetAmountCapturable().GetMinorUnits() != capturable || payment.GetAmountRefunded().GetMinorUnits() != 0 {
		t.Errorf("received %v, capturable %v, refunded %v; want %d, %d and 0", payment.GetAmountReceived(),
			payment.GetAmountCapturable(), payment.GetAmountRefunded(), received, capturable)
	}
	if (payment.GetNextAction() != nil) != (state == needsAction) {
		t.Errorf("next_action is %v", payment.GetNextAction())
	}
	if (payment.GetCancelTime() != nil) != (state == canceled) {
		t.Errorf("cancel_time is %v", payment.GetCancelTime())
	}
	if holdsUntil := payment.GetLatestCharge().GetCaptureBeforeTime() != nil; state == needsCapture && !holdsUntil {
		t.Error("nothing says until when the money is held")
	}
}

// Why a payment was cancelled, and why a try failed, can be read.
func TestReasonsOfTheEnd(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	j := journey{p, client, "reason-of-the-end"}

	left := create(t, client, held("reason-1-attempt-1"))
	unauthenticated := create(t, client, order("reason-2-attempt-1", challenged))
	short := create(t, client, order("reason-3-attempt-1", declinedLater))
	abandoned := create(t, client, held("reason-4-attempt-1"))
	p.authenticate(t, unauthenticated.GetId(), "fail")
	p.authenticate(t, short.GetId(), "succeed")
	j.cancelIt(t, abandoned.GetId())
	p.advance(t, 8*24*time.Hour)

	for id, want := range map[string]paymentsv1.CancellationReason{
		left.GetId():      paymentsv1.CancellationReason_CANCELLATION_REASON_AUTOMATIC,
		abandoned.GetId(): paymentsv1.CancellationReason_CANCELLATION_REASON_ABANDONED,
	} {
		if got := read(t, client, id).GetCancellationReason(); got != want {
			t.Errorf("cancelled for %v, want %v", got, want)
		}
	}
	if got := read(t, client,
		unauthenticated.GetId()).GetLastError(); got.GetCode() != "payment_intent_authentication_failure" ||
		got.GetCustomerMessage() == "" {
		t.Errorf("the last error is %v, want a failed authentication", got)
	}
	if got := read(t, client, short.GetId()).GetLastError(); got.GetDeclineCode() != "insufficient_funds" {
		t.Errorf("the last error is %v, want insufficient funds", got)
	}
}
