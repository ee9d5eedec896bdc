package sandbox_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const accountPayment = "amount=2000&currency=usd&confirm=true&payment_method_types[]=us_bank_account&payment_method="

// payFrom starts a payment from an account, with the customer's consent.
func (a api) payFrom(t *testing.T, method, more string) reply {
	t.Helper()
	return a.post(t, intentsPath, accountPayment+method+mandate+more)
}

// depositSubjects are the two that wait for microdeposits: with what each becomes once they are verified.
var depositSubjects = []struct {
	kind, path, lastError, verified string
	open                            func(t *testing.T, a api, method string) string
}{
	{"payment_intent", intentsPath, "last_payment_error", "processing", func(t *testing.T, a api, method string) string {
		t.Helper()
		return a.payFrom(t, method, "").text("id")
	}},
	{"setup_intent", setupsPath, "last_setup_error", "succeeded", func(t *testing.T, a api, method string) string {
		t.Helper()
		return a.setUp(t, "us_bank_account", method, mandate).text("id")
	}},
}

const depositCode = "payment_method_microdeposit_verification_"

// depositEntries are what a customer may give, in turn, and what becomes of the last one: docs.stripe.com/testing.
var depositEntries = []struct {
	name    string
	entries []string
	code    string // none: it is right
	message string
	final   bool // the intent falls back
}{
	{"amounts", []string{rightAmounts}, "", "", false},
	{"amounts in the other order", []string{"amounts[0]=45&amounts[1]=32"}, "", "", false},
	{"code", []string{"descriptor_code=SM11AA"}, "", "", false},
	{"code in small letters", []string{"descriptor_code=sm11aa"}, "", "", false},
	{"right after wrong", []string{wrongAmounts, "descriptor_code=SMXXXX", rightAmounts}, "", "", false},
	{
		"wrong amounts", []string{wrongAmounts}, depositCode + "amounts_mismatch", "The amounts provided do not match the " +
			"amounts that were sent to the bank account. You have 2 verification attempts remaining.", false,
	},
	{
		"wrong code", []string{wrongAmounts, "descriptor_code=SM22BB"}, depositCode + "descriptor_code_mismatch", "The " +
			"verification code provided does not match the one sent to the bank account. You have 8 verification attempts " +
			"remaining.", false,
	},
	{
		"the second wrong try", slices.Repeat([]string{wrongAmounts}, 2), depositCode + "amounts_mismatch", "The amounts " +
			"provided do not match the amounts that were sent to the bank account. You have 1 verification attempts remaining.",
		false,
	},
	{
		"the ninth wrong code", slices.Repeat([]string{"descriptor_code=SM22BB"}, 9), depositCode + "descriptor_code_mismatch", "The " +
			"verification code provided does not match the one sent to the bank account. You have 1 verification attempts " +
			"remaining.", false,
	},
	{
		"the tenth wrong code", slices.Repeat([]string{"descriptor_code=SM22BB"}, 10), depositCode + "attempts_exceeded",
		"You have exceeded the number of allowed verification attempts.", true,
	},
	{
		"the third wrong try", slices.Repeat([]string{wrongAmounts}, 3), depositCode + "attempts_exceeded",
		"You have exceeded the number of allowed verification attempts.", true,
	},
	{"amounts of too many tries", []string{"amounts[]=10&amounts[]=11"}, depositCode + "attempts_exceeded", "", true},
	{"code of too many tries", []string{"descriptor_code=SM33CC"}, depositCode + "attempts_exceeded", "", true},
	{"amounts of a timeout", []string{"amounts[]=40&amounts[]=41"}, depositCode + "timeout", "", true},
	{"code of a timeout", []string{"descriptor_code=SM44DD"}, depositCode + "timeout", "", true},
}

func TestT01_Microdeposits(t *testing.T) {
	t.Parallel()
	for _, about := range depositSubjects {
		for _, tt := range depositEntries {
			t.Run(about.kind+" "+tt.name, func(t *testing.T) {
				t.Parallel()
				a := newAPI()
				method := a.account(t, "000123456789")
				id := about.open(t, a, method)
				var got reply
				for _, entry := range tt.entries {
					got = a.verify(t, about.path, id, entry)
				}
				now := a.get(t, about.path+"/"+id, "")
				if tt.code == "" {
					got.want(t, 200, map[string]any{"status": about.verified, "next_action": nil, about.lastError: nil})
					a.verify(t, about.path, id, rightAmounts).want(t, 400, map[string]any{
						"error.code": "intent_invalid_state", "error." + about.kind + ".id": id,
					})
					return
				}
				got.want(t, 400, map[string]any{
					"error.code": tt.code, "error.type": "invalid_request_error", "error." + about.kind + ".id": id,
					"error." + about.kind + ".status": now.text("status"),
				})
				if tt.message != "" && got.text("error", "message") != tt.message {
					t.Errorf("message %q", got.text("error", "message"))
				}
				if !tt.final {
					now.want(t, 200, map[string]any{"status": "requires_action", about.lastError: nil, "payment_method": method})
					a.verify(t, about.path, id, rightAmounts).want(t, 200, map[string]any{"status": about.verified})
					return
				}
				now.want(t, 200, map[string]any{
					"status": "requires_payment_method", "payment_method": nil, "next_action": nil, about.lastError + ".code": tt.code,
				})
				// The account can not be used again; another one can.
				a.post(t, about.path+"/"+id+"/confirm", "payment_method="+method+mandate).want(t, 400, map[string]any{
					"error.code": "payment_method_bank_account_blocked",
				})
				a.post(t, about.path+"/"+id+"/confirm", "payment_method=pm_usBankAccount_success"+mandate).want(t, 200,
					map[string]any{"status": about.verified})
			})
		}
	}
}

// What is malformed is no try, and what waits for nothing can not be verified.
func TestT01_MicrodepositsRefused(t *testing.T) {
	t.Parallel()
	const state = "This %[1]s cannot be actioned on because it has a status of %[2]s. Only a %[1]s with one of the following " +
		"statuses may be actioned on: [\"requires_action\"]."
	const two = "You must provide exactly two microdeposit amounts."
	for _, about := range depositSubjects {
		a := newAPI()
		waiting := about.open(t, a, a.account(t, "000123456789"))
		name := map[string]string{"payment_intent": "PaymentIntent", "setup_intent": "SetupIntent"}[about.kind]
		const required = "currency=usd&amount=100&"
		open := a.post(t, about.path, map[string]string{"payment_intent": required}[about.kind]).text("id")
		step := a.post(t, about.path, map[string]string{"payment_intent": required}[about.kind]+cardSetup+
			"pm_card_threeDSecure2Required&confirm=true").text("id")
		for _, tt := range []struct {
			id, form             string
			status               int
			code, param, message string
		}{
			{waiting, "", 400, depositCode + "amounts_invalid", "amounts", two},
			{waiting, "amounts[]=32", 400, depositCode + "amounts_invalid", "amounts", two},
			{waiting, "amounts[]=32&amounts[]=45&amounts[]=1", 400, depositCode + "amounts_invalid", "amounts", two},
			{waiting, "amounts[]=32&amounts[]=0", 400, depositCode + "amounts_invalid", "amounts", ""},
			{waiting, "amounts[]=32&amounts[]=-45", 400, depositCode + "amounts_invalid", "amounts", ""},
			{waiting, "amounts[]=32&amounts[]=x", 400, "parameter_invalid_integer", "amounts[1]", "Invalid integer: x"},
			{waiting, rightAmounts + "&descriptor_code=SM11AA", 400, "parameters_exclusive", "amounts", ""},
			{waiting, "descriptor_code=SM11A", 400, "", "descriptor_code", ""},
			{waiting, "descriptor_code=XX11AA", 400, "", "descriptor_code", ""},
			{waiting, "descriptor_code=", 400, "parameter_invalid_empty", "descriptor_code", ""},
			{waiting, rightAmounts + "&client_secret=x", 400, about.kind + "_invalid_parameter", "client_secret", ""},
			{open, rightAmounts, 400, "intent_invalid_state", "", fmt.Sprintf(state, name, "requires_payment_method")},
			{step, rightAmounts, 400, "intent_invalid_state", "", ""},
			{"x", rightAmounts, 404, "resource_missing", "intent", ""},
		} {
			got := a.verify(t, about.path, tt.id, tt.form)
			got.want(t, tt.status, nil)
			if got.text("error", "code") != tt.code || got.text("error", "param") != tt.param ||
				tt.message != "" && got.text("error", "message") != tt.message {
				t.Errorf("%s %q: %s", about.kind, tt.form, got.raw)
			}
		}
		a.verify(t, about.path, waiting, wrongAmounts).want(t, 400, nil)
		got := a.verify(t, about.path, waiting, wrongAmounts).text("error", "message")
		if want := "You have 1 verification attempts remaining."; got[len(got)-len(want):] != want {
			t.Errorf("what is malformed counted as a try: %s", got)
		}
		a.post(t, "/_sandbox/"+about.kind+"s/"+waiting+"/authenticate", `{"outcome":"succeed"}`).want(t, 409, nil)
	}
}

// An account stays verified, in payments and in set-ups, and a payment that waited goes its way by the clock.
func TestT01_VerifiedAccounts(t *testing.T) {
	t.Parallel()
	a := newAPI()
	owner := a.customer(t, "")
	method := a.account(t, "000123456789")
	paid := a.payFrom(t, method, "&setup_future_usage=off_session&customer="+owner)
	paid.want(t, 200, map[string]any{
		"status": "requires_action", "next_action.type": "verify_with_microdeposits", "latest_charge": nil,
		"payment_method_options.us_bank_account.verification_method": "automatic",
	})
	a.Advance(9 * 24 * time.Hour)
	id := paid.text("id")
	a.get(t, intentsPath+"/"+id, "").want(t, 200, map[string]any{"status": "requires_action"})
	a.verify(t, intentsPath, id, rightAmounts).want(t, 200, map[string]any{"status": "processing"})
	a.get(t, "/v1/payment_methods/"+method, "").want(t, 200, map[string]any{"customer": owner})
	a.Advance(settled)
	a.get(t, intentsPath+"/"+id, "").want(t, 200, map[string]any{"status": "succeeded"})
	if sum := a.paidFor(id); sum != 2000 {
		t.Errorf("the customer paid %d", sum)
	}
	a.post(t, intentsPath, accountPayment+method+"&off_session=true&customer="+owner).want(t, 200,
		map[string]any{"status": "processing"})
	a.setUp(t, "us_bank_account", method, mandate+"&customer="+owner).want(t, 200, map[string]any{"status": "succeeded"})
}

// Several intents may wait for one account; the first to be verified takes it.
func TestT01_TheAccountIsGone(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]func(t *testing.T, a api, method string){
		"used up": func(t *testing.T, a api, method string) {
			t.Helper()
			a.verify(t, intentsPath, a.payFrom(t, method, "").text("id"), rightAmounts).want(t, 200, nil)
		},
		"attached": func(t *testing.T, a api, method string) {
			t.Helper()
			id := a.setUp(t, "us_bank_account", method, mandate+"&customer="+a.customer(t, "")).text("id")
			a.verify(t, setupsPath, id, rightAmounts).want(t, 200, nil)
		},
	} {
		a := newAPI()
		method := a.account(t, "000123456789")
		second, third := depositSubjects[0].open(t, a, method), depositSubjects[1].open(t, a, method)
		first(t, a, method)
		for id, tt := range map[string]struct{ path, field, code string }{
			second: {intentsPath, "last_payment_error", "payment_intent_payment_attempt_failed"},
			third:  {setupsPath, "last_setup_error", "setup_attempt_failed"},
		} {
			a.verify(t, tt.path, id, rightAmounts).want(t, 402, map[string]any{"error.code": tt.code})
			a.get(t, tt.path+"/"+id, "").want(t, 200, map[string]any{
				"status": "requires_payment_method", tt.field + ".code": tt.code,
			})
		}
		a.Advance(settled)
		if sum := a.paidFor(second); sum != 0 {
			t.Errorf("%s: the customer paid %d", name, sum)
		}
	}
}

// Ten days are all that a customer has.
func TestT01_MicrodepositsExpire(t *testing.T) {
	t.Parallel()
	for _, about := range depositSubjects {
		a := newAPI()
		method := a.account(t, "000123456789")
		id := about.open(t, a, method)
		a.Advance(10*24*time.Hour - time.Second)
		a.get(t, about.path+"/"+id, "").want(t, 200, map[string]any{"status": "requires_action"})
		a.Advance(time.Second)
		a.get(t, about.path+"/"+id, "").want(t, 200, map[string]any{
			"status": "requires_payment_method", about.lastError + ".code": depositCode + "timeout",
		})
		a.verify(t, about.path, id, rightAmounts).want(t, 400, map[string]any{"error.code": "intent_invalid_state"})
		a.Advance(30 * 24 * time.Hour)
		a.get(t, about.path+"/"+id, "").want(t, 200, map[string]any{"status": "requires_payment_method"})
	}
}

// A new confirmation is a new verification: the timeout of the old one does not end it.
func TestT01_MicrodepositsBeginAgain(t *testing.T) {
	t.Parallel()
	for _, about := range depositSubjects {
		a := newAPI()
		id := about.open(t, a, a.account(t, "000123456789"))
		a.Advance(9 * 24 * time.Hour)
		a.post(t, about.path+"/"+id+"/confirm", "payment_method="+a.account(t, "000111111113")+mandate).want(t, 200,
			map[string]any{"status": "requires_action"})
		a.Advance(9 * 24 * time.Hour)
		a.verify(t, about.path, id, rightAmounts).want(t, 200, map[string]any{"status": about.verified})
	}
}

// How an account shall be verified: at once is not possible for one that is given by its number.
func TestT01_VerificationMethods(t *testing.T) {
	t.Parallel()
	const option = "&payment_method_options[us_bank_account][verification_method]="
	for _, about := range depositSubjects {
		form := map[string]string{"payment_intent": "amount=2000&currency=usd&"}[about.kind] +
			"confirm=true&payment_method_types[]=us_bank_account" + mandate
		for how, status := range map[string]int{"automatic": 200, "microdeposits": 200, "instant": 400, "never": 400} {
			a := newAPI()
			got := a.post(t, about.path, form+option+how+"&payment_method="+a.account(t, "000123456789"))
			switch {
			case how == "instant":
				got.want(t, status, map[string]any{
					"error.code": "payment_method_invalid_parameter", "error.message": "Payment method data is not allowed when " +
						"payment_method_options[us_bank_account][verification_method]=instant is used.",
				})
				a.post(t, about.path, form+option+how+"&payment_method=pm_usBankAccount_success").want(t, 200, map[string]any{
					"status": about.verified, "payment_method_options.us_bank_account.verification_method": "instant",
				})
			case status == 400:
				got.want(t, status, map[string]any{"error.param": option[1 : len(option)-1]})
			default:
				got.want(t, status, map[string]any{
					"status": "requires_action", "payment_method_options.us_bank_account.verification_method": how,
				})
			}
		}
	}
}

// error_on_requires_action also means this step.
func TestT01_MicrodepositsAsAnError(t *testing.T) {
	t.Parallel()
	a := newAPI()
	got := a.payFrom(t, a.account(t, "000123456789"), "&error_on_requires_action=true")
	got.want(t, 402, map[string]any{
		"error.code": "authentication_required", "error.payment_intent.status": "requires_payment_method",
	})
	a.payFrom(t, "pm_usBankAccount_failMicrodeposits", "").want(t, 402, map[string]any{
		"error.code": "payment_method_microdeposit_failed", "error.payment_intent.status": "requires_payment_method",
	})
	if diff := cmp.Diff([]string{
		"payment_intent.created", "payment_intent.payment_failed", "payment_intent.created", "payment_intent.payment_failed",
	}, a.eventTypes(t)); diff != "" {
		t.Error(diff)
	}
}
