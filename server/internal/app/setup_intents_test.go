package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// The states of setup intents, as those of payments.
const (
	setupNeedsMethod = paymentsv1.SetupIntentState_SETUP_INTENT_STATE_REQUIRES_PAYMENT_METHOD
	setupNeedsAction = paymentsv1.SetupIntentState_SETUP_INTENT_STATE_REQUIRES_ACTION
	setupSucceeded   = paymentsv1.SetupIntentState_SETUP_INTENT_STATE_SUCCEEDED
	setupCanceled    = paymentsv1.SetupIntentState_SETUP_INTENT_STATE_CANCELED

	processing = paymentsv1.PaymentState_PAYMENT_STATE_PROCESSING
	// settled is longer than any debit of the sandbox takes.
	settled = 6 * 24 * time.Hour
)

// A saved card is charged later without its holder, and never by itself.
func TestSaveACardAndChargeIt(t *testing.T) {
	p := startSandboxed(t)
	client, payments := p.customers(t), p.connect(t)
	id := newCustomer(t, client, "save-4711-create")
	saved, err := client.CreateSetupIntent(dev(t), &paymentsv1.CreateSetupIntentRequest{
		IdempotencyKey: "save-4711-setup", CustomerId: id, PaymentMethodId: "pm_card_visa", Confirm: true,
	})
	if err != nil || saved.GetSetupIntent().GetState() != setupSucceeded || saved.GetClientSecret() != "" {
		t.Fatalf("got %v, %v, want it saved, without a secret", saved, err)
	}
	charge := order("save-4711-charge", saved.GetSetupIntent().GetPaymentMethodId())
	charge.CustomerId, charge.OffSession = id, true
	paid, err := payments.CreatePayment(dev(t), charge)
	if err != nil || paid.GetPayment().GetState() != succeeded || paid.GetPayment().GetCustomerId() != id {
		t.Errorf("got %v, %v, want it paid", paid, err)
	}
	if moved := p.moved(t); len(moved) != 1 {
		t.Errorf("the movements of money are %v, want one charge", moved)
	}
}

// A refused card leaves a setup intent, which another card saves.
func TestRefusedSetup(t *testing.T) {
	client := startSandboxed(t).customers(t)
	id := newCustomer(t, client, "refused-4711-create")
	_, err := client.CreateSetupIntent(dev(t), &paymentsv1.CreateSetupIntentRequest{
		IdempotencyKey: "refused-4711-setup", CustomerId: id, PaymentMethodId: "pm_card_visa_chargeDeclinedStolenCard", Confirm: true,
	})
	check(t, err, codes.FailedPrecondition, "PAYMENT_DECLINED", "")
	decline := detail[*paymentsv1.Decline](err)
	if !strings.HasPrefix(decline.GetSetupIntentId(), "seti_") || decline.GetPaymentId() != "" || decline.GetCode() == "" {
		t.Fatalf("got %v, want the setup intent", decline)
	}
	read, err := client.GetSetupIntent(dev(t), &paymentsv1.GetSetupIntentRequest{SetupIntentId: decline.GetSetupIntentId()})
	if err != nil || read.GetSetupIntent().GetState() != setupNeedsMethod || read.GetSetupIntent().GetLastError() == nil ||
		read.GetSetupIntent().GetPaymentMethodId() != "" {
		t.Errorf("the setup intent is %v, %v, want it to wait for another method", read, err)
	}
	confirmed, err := client.ConfirmSetupIntent(dev(t), &paymentsv1.ConfirmSetupIntentRequest{
		IdempotencyKey: "refused-4711-confirm", SetupIntentId: decline.GetSetupIntentId(), PaymentMethodId: "pm_card_visa",
	})
	if err != nil || confirmed.GetSetupIntent().GetState() != setupSucceeded {
		t.Errorf("got %v, %v, want it saved", confirmed, err)
	}
}

// No answer tells a reason that must not be told, neither the refusal nor the setup intent that it leaves.
func TestRefusedSetupHidesItsReason(t *testing.T) {
	p := startSandboxed(t, "--callers", writeCallers(t,
		caller{"writer", "writer-token", "CUSTOMERS_WRITE"}, caller{"reader", "reader-token", "CUSTOMERS_READ"}))
	client := p.customers(t)
	_, err := client.CreateSetupIntent(as(t, "writer-token"), &paymentsv1.CreateSetupIntentRequest{
		IdempotencyKey: "hidden-4711-setup", PaymentMethodId: "pm_card_visa_chargeDeclinedStolenCard", Confirm: true,
	})
	decline := detail[*paymentsv1.Decline](err)
	if decline.GetDeclineCode() != "generic_decline" {
		t.Errorf("got %v, want the decline hidden", decline)
	}
	read, err := client.GetSetupIntent(as(t, "reader-token"), &paymentsv1.GetSetupIntentRequest{
		SetupIntentId: decline.GetSetupIntentId(),
	})
	if err != nil || read.GetSetupIntent().GetLastError().GetDeclineCode() != "generic_decline" {
		t.Errorf("got %v, %v, want the decline hidden", read, err)
	}
	if strings.Contains(p.stderr.String(), "stolen") {
		t.Error("the log tells the reason")
	}
}

// A bank account is verified, and money is drawn from it days later, without a mandate of its own.
func TestSaveABankAccount(t *testing.T) {
	p := startSandboxed(t)
	client, payments := p.customers(t), p.connect(t)
	id := newCustomer(t, client, "account-4711-create")
	made, err := client.CreatePaymentMethod(dev(t), usBankAccount("account-4711-method", "000123456789"))
	if err != nil {
		t.Fatal(err)
	}
	account := made.GetPaymentMethod()
	if bank := account.GetDetails().GetUsBankAccount(); bank.GetLast4() != "6789" || bank.GetRoutingNumber() != "110000000" ||
		bank.GetAccountType() != "checking" || bank.GetAccountHolderType() != "individual" {
		t.Errorf("the account is %v", account)
	}
	setup, err := client.CreateSetupIntent(dev(t), saveAccount("account-4711-setup", id, account.GetId()))
	if err != nil || setup.GetSetupIntent().GetState() != setupNeedsAction || setup.GetClientSecret() == "" {
		t.Fatalf("got %v, %v, want it to wait for the microdeposits", setup, err)
	}
	action := setup.GetSetupIntent().GetNextAction().GetVerifyMicrodeposits()
	if action.GetMicrodepositType() == "" || action.GetArrivalTime() == nil || action.GetHostedVerificationUrl() == "" {
		t.Errorf("the next action is %v", action)
	}
	verify := func(key string, amounts ...int32) (*paymentsv1.VerifyMicrodepositsResponse, error) {
		return client.VerifyMicrodeposits(dev(t), &paymentsv1.VerifyMicrodepositsRequest{
			IdempotencyKey: key, Amounts: amounts,
			Subject: &paymentsv1.VerifyMicrodepositsRequest_SetupIntentId{SetupIntentId: setup.GetSetupIntent().GetId()},
		})
	}
	verified, err := verify("account-4711-verify", 32, 45)
	if err != nil || verified.GetSetupIntent().GetState() != setupSucceeded || verified.GetSetupIntent().GetMandateId() == "" {
		t.Fatalf("got %v, %v, want it verified, with a mandate", verified, err)
	}
	if again, err := verify("account-4711-verify", 45, 32); err != nil || !again.GetReplayed() {
		t.Errorf("the same amounts in another order: %v, %v, want a replay", again, err)
	}
	_, err = verify("account-4711-verify-2", 32, 45)
	check(t, err, codes.FailedPrecondition, "UNEXPECTED_STATE", "")

	draw := order("account-4711-charge", account.GetId())
	draw.CustomerId, draw.OffSession, draw.PaymentMethodTypes = id, true, []string{"us_bank_account"}
	paid, err := payments.CreatePayment(dev(t), draw)
	if err != nil || paid.GetPayment().GetState() != processing {
		t.Fatalf("got %v, %v, want PROCESSING", paid, err)
	}
	p.advance(t, settled)
	if got := read(t, payments, paid.GetPayment().GetId()); got.GetState() != succeeded {
		t.Errorf("days later it is %v, want SUCCEEDED", got.GetState())
	}
}

// A payment that waits for microdeposits goes on from there.
func TestVerifyAPayment(t *testing.T) {
	p := startSandboxed(t)
	client, payments := p.customers(t), p.connect(t)
	made, err := client.CreatePaymentMethod(dev(t), usBankAccount("verify-4711-method", "000123456789"))
	if err != nil {
		t.Fatal(err)
	}
	draw := order("verify-4711-charge", made.GetPaymentMethod().GetId())
	draw.PaymentMethodTypes, draw.MandateAcceptance = []string{"us_bank_account"}, agreed()
	draw.BankAccountVerification = paymentsv1.BankAccountVerification_BANK_ACCOUNT_VERIFICATION_MICRODEPOSITS
	waiting, err := payments.CreatePayment(dev(t), draw)
	if err != nil || waiting.GetPayment().GetState() != needsAction ||
		waiting.GetPayment().GetNextAction().GetVerifyMicrodeposits() == nil {
		t.Fatalf("got %v, %v, want it to wait for the microdeposits", waiting, err)
	}
	verified, err := client.VerifyMicrodeposits(dev(t), &paymentsv1.VerifyMicrodepositsRequest{
		IdempotencyKey: "verify-4711-verify", DescriptorCode: "SM11AA",
		Subject: &paymentsv1.VerifyMicrodepositsRequest_PaymentId{PaymentId: waiting.GetPayment().GetId()},
	})
	if err != nil || verified.GetPayment().GetState() != processing || verified.GetSetupIntent() != nil {
		t.Errorf("got %v, %v, want the payment, PROCESSING", verified, err)
	}
	p.advance(t, settled)
	if got := read(t, payments, waiting.GetPayment().GetId()); got.GetState() != succeeded {
		t.Errorf("days later it is %v, want SUCCEEDED", got.GetState())
	}
	if moved := p.moved(t); len(moved) != 1 {
		t.Errorf("the movements of money are %v, want one charge", moved)
	}
}

// Wrong amounts are counted by Stripe: after the tenth there is no other try, and the right ones come too late.
func TestWrongMicrodeposits(t *testing.T) {
	const wrong = "payment_method_microdeposit_verification_amounts_mismatch"
	client := startSandboxed(t).customers(t)
	id := newCustomer(t, client, "wrong-4711-create")
	made, err := client.CreatePaymentMethod(dev(t), usBankAccount("wrong-4711-method", "000123456789"))
	if err != nil {
		t.Fatal(err)
	}
	setup, err := client.CreateSetupIntent(dev(t), saveAccount("wrong-4711-setup", id, made.GetPaymentMethod().GetId()))
	if err != nil {
		t.Fatal(err)
	}
	verify := func(key string, amounts ...int32) error {
		_, err := client.VerifyMicrodeposits(dev(t), &paymentsv1.VerifyMicrodepositsRequest{
			IdempotencyKey: key, Amounts: amounts,
			Subject: &paymentsv1.VerifyMicrodepositsRequest_SetupIntentId{SetupIntentId: setup.GetSetupIntent().GetId()},
		})
		return err
	}
	codesSeen := []string{}
	for i := range int32(20) {
		err := verify(fmt.Sprintf("wrong-4711-verify-%d", i), 1, 2+i)
		if reasonOf(err) == "UNEXPECTED_STATE" {
			break
		}
		check(t, err, codes.FailedPrecondition, "PAYMENT_DECLINED", "")
		codesSeen = append(codesSeen, detail[*paymentsv1.Decline](err).GetCode())
		if i == 0 {
			// The same key does not try again.
			again := verify("wrong-4711-verify-0", 1, 2)
			check(t, again, codes.FailedPrecondition, "PAYMENT_DECLINED", "")
		}
	}
	last := len(codesSeen) - 1
	if last != 2 {
		t.Fatalf("the refusals were %q, want three", codesSeen)
	}
	for i, code := range codesSeen {
		if i < last && code != wrong {
			t.Errorf("try %d was refused as %s, want %s", i+1, code, wrong)
		}
	}
	if !strings.HasSuffix(codesSeen[last], "_attempts_exceeded") {
		t.Errorf("the last refusal is %s, want ..._attempts_exceeded", codesSeen[last])
	}
	late := verify("wrong-4711-right", 32, 45)
	check(t, late, codes.FailedPrecondition, "UNEXPECTED_STATE", "")
	if state := detail[*errdetails.ErrorInfo](late).GetMetadata()["state"]; state != "REQUIRES_PAYMENT_METHOD" {
		t.Errorf("the state is %q", state)
	}
	got, err := client.GetSetupIntent(dev(t), &paymentsv1.GetSetupIntentRequest{SetupIntentId: setup.GetSetupIntent().GetId()})
	if err != nil || got.GetSetupIntent().GetState() != setupNeedsMethod {
		t.Errorf("it is %v, %v, want it to wait for another method", got, err)
	}
}

// The number of a bank account may look like that of a card. It goes to Stripe, as that of any account, and nowhere else.
func TestAccountNumberLikeACard(t *testing.T) {
	p := startSandboxed(t)
	made, err := p.customers(t).CreatePaymentMethod(dev(t), usBankAccount("like-a-card-method", "4242424242424242"))
	if err != nil || made.GetPaymentMethod().GetDetails().GetUsBankAccount().GetLast4() != "4242" || repeats(made.String()) {
		t.Errorf("got %v, %v, want an account with the last digits 4242", made, err)
	}
	debit, err := p.customers(t).CreatePaymentMethod(dev(t), sepaAccount("like-a-card-iban", "DE89 3704 0044 0532 0130 00"))
	if err != nil || debit.GetPaymentMethod().GetDetails().GetSepaDebit().GetLast4() != "3000" ||
		strings.Contains(debit.String(), "0532") {
		t.Errorf("got %v, %v, want an account with the last digits 3000", debit, err)
	}
	if repeats(p.stderr.String()) || strings.Contains(p.stderr.String(), "0532") {
		t.Error("the log holds a number")
	}
}

// What was done under a key is answered again, though the state of the object would not allow it any more. What the state does
// not allow is never sent.
func TestStatesAreAskedOnce(t *testing.T) {
	p := startSandboxed(t)
	client := p.customers(t)
	w := newWorld(t, p)
	detach := func(key, method string) (bool, error) {
		resp, err := client.DetachPaymentMethod(dev(t), &paymentsv1.DetachPaymentMethodRequest{
			IdempotencyKey: key, PaymentMethodId: method,
		})
		return resp.GetReplayed(), err
	}
	verify := func(key, setup string) (bool, error) {
		resp, err := client.VerifyMicrodeposits(dev(t), &paymentsv1.VerifyMicrodepositsRequest{
			IdempotencyKey: key, Amounts: []int32{32, 45},
			Subject: &paymentsv1.VerifyMicrodepositsRequest_SetupIntentId{SetupIntentId: setup},
		})
		return resp.GetReplayed(), err
	}
	for _, tt := range []struct {
		name        string
		call        func(key, id string) (bool, error)
		good, never string
		path        string
	}{
		{"detach", detach, w.card, w.unsaved, "/v1/payment_methods/%s/detach"},
		{"verify", verify, w.accountWaits, w.waiting, "/v1/setup_intents/%s/verify_microdeposits"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for i := range 2 {
				if replayed, err := tt.call("states-4711-"+tt.name, tt.good); err != nil || replayed != (i == 1) {
					t.Errorf("call %d: replayed %t, %v", i+1, replayed, err)
				}
			}
			_, err := tt.call("states-4712-"+tt.name, tt.good)
			check(t, err, codes.FailedPrecondition, "UNEXPECTED_STATE", "")
			_, err = tt.call("states-4713-"+tt.name, tt.never)
			check(t, err, codes.FailedPrecondition, "UNEXPECTED_STATE", "")
			for id, want := range map[string]int{tt.good: 1, tt.never: 0} {
				if n := p.sentTo(t, http.MethodPost, fmt.Sprintf(tt.path, id)); n != want {
					t.Errorf("%d requests were sent for %s, want %d", n, id, want)
				}
			}
		})
	}
}
