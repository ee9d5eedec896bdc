package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// method is a kind of payment method, with what it can do; the README shows it.
type method struct {
	name, kind, comesAs string
	// currency is what it is charged in here, and currencies what it can be.
	currency, currencies string
	captureLater         bool
	offSession           string
	// source makes the method that pays; failing is a template whose charge is refused, at once or by the bank later.
	source  *paymentsv1.CreatePaymentMethodRequest
	failing string
	// days is how long the bank takes, for a debit, and wallet that of its card.
	days   int
	wallet string
}

// debit is whether the bank settles it days later.
func (m method) debit() bool { return m.days > 0 }

// row is the method's in the table of the README.
func (m method) row() string {
	later := map[bool]string{true: "yes, as authorized or less", false: "no"}[m.captureLater]
	settles := "at once"
	if m.debit() {
		settles = fmt.Sprintf("`PROCESSING` for %d days, then paid or sent back", m.days)
	}
	return strings.Join(
		[]string{"| " + m.name, m.kind, m.currencies, m.comesAs, "all or parts", later, m.offSession, settles + " |"}, " | ")
}

func methodsOfPayment() []method {
	card := method{
		kind: "`card`", currency: "USD", currencies: "any", captureLater: true, failing: "pm_card_chargeCustomerFail",
		offSession: "yes; the bank may want the customer (`AUTHENTICATION_REQUIRED`)",
	}
	cardWith := func(name, token, wallet, comesAs string) method {
		m := card
		m.name, m.comesAs, m.wallet = name, comesAs, wallet
		m.source = &paymentsv1.CreatePaymentMethodRequest{
			Source: &paymentsv1.CreatePaymentMethodRequest_CardToken{CardToken: token},
		}
		return m
	}
	return []method{
		cardWith("card", "tok_visa", "", "a token or id of Stripe.js"),
		cardWith("Apple Pay", "tok_visa_applePay", "apple_pay", "a token or id of the wallet's, through Stripe.js"),
		cardWith("Google Pay", "tok_visa_googlePay", "google_pay", "a token or id of the wallet's, through Stripe.js"),
		{
			name: "American bank account", kind: "`us_bank_account`", currency: "USD", currencies: "USD", days: 4,
			comesAs: "account and routing number, verified by microdeposits, or an id of Stripe.js",
			failing: "pm_usBankAccount_insufficientFunds", source: usBankAccount("", "000123456789"),
			offSession: "yes, by the mandate of when it was saved",
		},
		{
			name: "SEPA debit", kind: "`sepa_debit`", currency: "EUR", currencies: "EUR", days: 5,
			comesAs: "an IBAN, or an id of Stripe.js",
			failing: "pm_failed_de", source: sepaAccount("", "DE89370400440532013000"),
			offSession: "yes, by the mandate of when it was saved",
		},
	}
}

// Every kind of payment method is made, saved by a setup intent, charged while the customer is there and while they are
// away, given back in part, and refused.
func TestMethodsOfPayment(t *testing.T) {
	for _, m := range methodsOfPayment() {
		t.Run(m.name, func(t *testing.T) {
			p := startSandboxed(t)
			j := &methodJourney{process: p, method: m, customers: p.customers(t), payments: p.connect(t)}
			saved := j.save(t)
			j.charge(t, saved, false)
			away := j.charge(t, saved, true)
			j.refund(t, away)
			j.captureLater(t, saved)
			j.fail(t)
		})
	}
}

// The README's table of payment methods says what the test above does with them.
func TestReadmePaymentMethods(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range methodsOfPayment() {
		if !strings.Contains(string(text), "\n"+m.row()+"\n") {
			t.Errorf("the README's table of payment methods lacks this row:\n%s", m.row())
		}
	}
}

// methodJourney is the way of one kind of method through the API.
type methodJourney struct {
	*process

	method    method
	customers paymentsv1.CustomerServiceClient
	payments  paymentsv1.PaymentServiceClient
	customer  string
}

// save makes the method, and saves it for the customer by a setup intent.
func (j *methodJourney) save(t *testing.T) string {
	t.Helper()
	customer, err := j.customers.EnsureCustomer(dev(t), &paymentsv1.EnsureCustomerRequest{
		IdempotencyKey: "customer-4711-ensure", Reference: "user-4711",
		Customer: &paymentsv1.Customer{Name: "Jenny Rosen", Email: "jenny.rosen@example.com"},
	})
	if err != nil || !customer.GetCreated() {
		t.Fatalf("got %v, %v, want a new customer", customer, err)
	}
	j.customer = customer.GetCustomer().GetId()
	j.method.source.IdempotencyKey = "customer-4711-method-1"
	made, err := j.customers.CreatePaymentMethod(dev(t), j.method.source)
	if err != nil {
		t.Fatal(err)
	}
	id := made.GetPaymentMethod().GetId()
	if wallet := made.GetPaymentMethod().GetDetails().GetCard().GetWallet(); wallet != j.method.wallet {
		t.Errorf("its wallet is %q, want %q", wallet, j.method.wallet)
	}
	request := &paymentsv1.CreateSetupIntentRequest{
		IdempotencyKey: "customer-4711-setup-1", CustomerId: j.customer, PaymentMethodId: id, Confirm: true,
	}
	if j.method.debit() {
		request.PaymentMethodTypes, request.MandateAcceptance = j.types(), agreed()
	}
	created, err := j.customers.CreateSetupIntent(dev(t), request)
	if err != nil {
		t.Fatal(err)
	}
	setup := created.GetSetupIntent()
	if j.method.kind == "`us_bank_account`" {
		if setup.GetNextAction().GetVerifyMicrodeposits() == nil {
			t.Fatalf("the account that was given by its number is not to be verified: %v", setup)
		}
		verified, err := j.customers.VerifyMicrodeposits(dev(t), &paymentsv1.VerifyMicrodepositsRequest{
			IdempotencyKey: "customer-4711-verify-1", Amounts: []int32{32, 45},
			Subject: &paymentsv1.VerifyMicrodepositsRequest_SetupIntentId{SetupIntentId: setup.GetId()},
		})
		if err != nil {
			t.Fatal(err)
		}
		setup = verified.GetSetupIntent()
	}
	if setup.GetState() != paymentsv1.SetupIntentState_SETUP_INTENT_STATE_SUCCEEDED ||
		j.method.debit() != (setup.GetMandateId() != "") {
		t.Fatalf("the setup intent is %v", setup)
	}
	got, err := j.customers.GetPaymentMethod(dev(t), &paymentsv1.GetPaymentMethodRequest{PaymentMethodId: id})
	if err != nil || got.GetPaymentMethod().GetCustomerId() != j.customer {
		t.Fatalf("got %v, %v, want it attached to %s", got, err, j.customer)
	}
	return id
}

// types are the kinds that a payment accepts.
func (j *methodJourney) types() []string { return []string{strings.Trim(j.method.kind, "`")} }

// order asks for 20 of the method's currency.
func (j *methodJourney) order(key, methodID string, offSession bool) *paymentsv1.CreatePaymentRequest {
	request := &paymentsv1.CreatePaymentRequest{
		IdempotencyKey: key, Amount: &paymentsv1.Money{MinorUnits: 2000, CurrencyCode: j.method.currency},
		CustomerId: j.customer, PaymentMethodId: methodID, Confirm: true, OffSession: offSession,
	}
	if j.method.debit() {
		request.PaymentMethodTypes = j.types()
	}
	return request
}

// charge charges the saved method, and waits for the bank.
func (j *methodJourney) charge(t *testing.T, methodID string, offSession bool) *paymentsv1.Payment {
	t.Helper()
	key := map[bool]string{false: "order-1001-attempt-1", true: "order-1002-attempt-1"}[offSession]
	payment := create(t, j.payments, j.order(key, methodID, offSession))
	if j.method.debit() {
		if payment.GetState() != processing {
			t.Fatalf("a debit is %v before the bank has answered, want PROCESSING", payment.GetState())
		}
		payment = j.settle(t, payment)
	}
	if payment.GetState() != succeeded || payment.GetAmountReceived().GetMinorUnits() != 2000 {
		t.Fatalf("off session %v: it is %v, and %v was received", offSession, payment.GetState(), payment.GetAmountReceived())
	}
	if wallet := payment.GetLatestCharge().GetPaymentMethodDetails().GetCard().GetWallet(); wallet != j.method.wallet {
		t.Errorf("the charge shows the wallet %q, want %q", wallet, j.method.wallet)
	}
	return payment
}

// settle waits for the bank, which takes the days that the README says.
func (j *methodJourney) settle(t *testing.T, payment *paymentsv1.Payment) *paymentsv1.Payment {
	t.Helper()
	j.advance(t, time.Duration(j.method.days)*24*time.Hour-time.Minute)
	if early := read(t, j.payments, payment.GetId()); early.GetState() != processing {
		t.Errorf("a minute before %d days it is %v, want PROCESSING", j.method.days, early.GetState())
	}
	j.advance(t, 2*time.Minute)
	return read(t, j.payments, payment.GetId())
}

// refund gives a part back.
func (j *methodJourney) refund(t *testing.T, payment *paymentsv1.Payment) {
	t.Helper()
	created, err := j.payments.CreateRefund(dev(t), &paymentsv1.CreateRefundRequest{
		IdempotencyKey: "order-1002-refund-1", PaymentId: payment.GetId(),
		Amount: &paymentsv1.Money{MinorUnits: 500, CurrencyCode: j.method.currency},
	})
	if err != nil {
		t.Fatal(err)
	}
	j.advance(t, 10*24*time.Hour)
	got, err := j.payments.GetRefund(dev(t), &paymentsv1.GetRefundRequest{RefundId: created.GetRefund().GetId()})
	if err != nil || got.GetRefund().GetState() != paymentsv1.RefundState_REFUND_STATE_SUCCEEDED {
		t.Errorf("the refund is %v, %v, want SUCCEEDED", got, err)
	}
	if now := read(t, j.payments, payment.GetId()); now.GetAmountRefunded().GetMinorUnits() != 500 {
		t.Errorf("%v was given back, want 500", now.GetAmountRefunded())
	}
}

// captureLater holds money on the saved method and takes a part of it, where that can be done.
func (j *methodJourney) captureLater(t *testing.T, methodID string) {
	t.Helper()
	request := j.order("order-1004-attempt-1", methodID, false)
	request.CaptureMethod = paymentsv1.CaptureMethod_CAPTURE_METHOD_MANUAL
	held, err := j.payments.CreatePayment(dev(t), request)
	if !j.method.captureLater {
		check(t, err, codes.InvalidArgument, "INVALID_FIELD", "capture_method")
		return
	}
	if err != nil || held.GetPayment().GetState() != needsCapture {
		t.Fatalf("got %v, %v, want a held payment", held, err)
	}
	taken, err := j.payments.CapturePayment(dev(t), &paymentsv1.CapturePaymentRequest{
		IdempotencyKey: "order-1004-capture-1", PaymentId: held.GetPayment().GetId(),
		Amount: &paymentsv1.Money{MinorUnits: 700, CurrencyCode: j.method.currency},
	})
	if err != nil || taken.GetPayment().GetAmountReceived().GetMinorUnits() != 700 {
		t.Errorf("got %v, %v, want 700 taken", taken, err)
	}
}

// fail charges a method that the bank refuses: a card at once, a debit when the bank sends it back.
func (j *methodJourney) fail(t *testing.T) {
	t.Helper()
	attached, err := j.customers.AttachPaymentMethod(dev(t), &paymentsv1.AttachPaymentMethodRequest{
		IdempotencyKey: "customer-4711-attach-2", PaymentMethodId: j.method.failing, CustomerId: j.customer,
	})
	if err != nil {
		t.Fatal(err)
	}
	request := j.order("order-1003-attempt-1", attached.GetPaymentMethod().GetId(), false)
	if !j.method.debit() {
		_, err := j.payments.CreatePayment(dev(t), request)
		check(t, err, codes.FailedPrecondition, "PAYMENT_DECLINED", "")
		return
	}
	request.MandateAcceptance = agreed()
	payment := create(t, j.payments, request)
	if payment.GetState() != processing {
		t.Fatalf("it is %v before the bank has answered, want PROCESSING", payment.GetState())
	}
	payment = j.settle(t, payment)
	if payment.GetState() != needsMethod || payment.GetLastError().GetCode() == "" ||
		payment.GetAmountReceived().GetMinorUnits() != 0 {
		t.Errorf("after the bank sent it back it is %v, with %v received and the error %v",
			payment.GetState(), payment.GetAmountReceived(), payment.GetLastError())
	}
}
