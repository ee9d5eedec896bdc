package sandbox_test

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	setupsPath = "/v1/setup_intents"
	cardSetup  = "payment_method_types[]=card&payment_method="
	byNumber   = "type=us_bank_account&billing_details[name]=Jenny+Rosen&us_bank_account[routing_number]=110000000&" +
		"us_bank_account[account_holder_type]=individual&us_bank_account[account_number]="
	offlineData = "&mandate_data[customer_acceptance][type]=offline"
)

// setUp creates and confirms a setup intent in one request.
func (a api) setUp(t *testing.T, kind, method, more string) reply {
	t.Helper()
	return a.post(t, setupsPath, "confirm=true&payment_method_types[]="+kind+"&payment_method="+method+more)
}

// account makes a method of the number of an American bank account.
func (a api) account(t *testing.T, number string) string {
	t.Helper()
	got := a.post(t, "/v1/payment_methods", byNumber+number)
	got.want(t, 200, nil)
	return got.text("id")
}

// setupAccount starts to set up an account that must be verified.
func (a api) setupAccount(t *testing.T, more string) string {
	t.Helper()
	got := a.setUp(t, "us_bank_account", a.account(t, "000123456789"), mandate+more)
	got.want(t, 200, map[string]any{"status": "requires_action"})
	return got.text("id")
}

func (a api) verify(t *testing.T, path, id, form string) reply {
	t.Helper()
	return a.post(t, path+"/"+id+"/verify_microdeposits", form)
}

func (a api) authenticateSetup(t *testing.T, id, outcome string) reply {
	t.Helper()
	return a.post(t, "/_sandbox/setup_intents/"+id+"/authenticate", `{"outcome":"`+outcome+`"}`)
}

// setupID finds the intent also in a refusal.
func setupID(r reply) string {
	if id := r.text("error", "setup_intent", "id"); id != "" {
		return id
	}
	return r.text("id")
}

const (
	rightAmounts = "amounts[]=32&amounts[]=45"
	wrongAmounts = "amounts[]=1&amounts[]=2"
)

// setupState is one state of a setup intent, reached in one way: what a reader finds there, and what happened.
type setupState struct {
	name   string
	reach  func(t *testing.T, a api) (id string)
	want   map[string]any // beside the defaults of freshSetup
	events []string
}

var freshSetup = map[string]any{
	"object": "setup_intent", "usage": "off_session", "livemode": false, "cancellation_reason": nil, "last_setup_error": nil,
	"next_action": nil, "mandate": nil, "single_use_mandate": nil, "flow_directions": nil, "customer": nil,
}

const (
	setupCreated   = "setup_intent.created"
	setupAction    = "setup_intent.requires_action"
	setupSucceeded = "setup_intent.succeeded"
	setupFailed    = "setup_intent.setup_failed"
	setupCanceled  = "setup_intent.canceled"
	mandateUpdated = "mandate.updated"
)

// setupStates holds every transition of the life of a setup intent (stripe-facts 5).
var setupStates = []setupState{
	{
		"requires_payment_method", func(t *testing.T, a api) string { t.Helper(); return a.post(t, setupsPath, "").text("id") },
		map[string]any{
			"status": "requires_payment_method", "payment_method": nil, "latest_attempt": nil,
			"automatic_payment_methods.allow_redirects": "always",
		},
		[]string{setupCreated},
	},
	{"requires_confirmation", func(t *testing.T, a api) string {
		t.Helper()
		return a.post(t, setupsPath, cardSetup+"pm_card_visa").text("id")
	}, map[string]any{"status": "requires_confirmation", "latest_attempt": nil}, []string{setupCreated}},
	{"requires_confirmation after an update", func(t *testing.T, a api) string {
		t.Helper()
		id := a.post(t, setupsPath, "usage=on_session").text("id")
		return a.post(t, setupsPath+"/"+id, "payment_method=pm_card_visa&description=d&metadata[k]=v").text("id")
	}, map[string]any{
		"status": "requires_confirmation", "usage": "on_session", "description": "d", "metadata.k": "v",
	}, []string{setupCreated}},
	{"requires_confirmation instead of a step", func(t *testing.T, a api) string {
		t.Helper()
		id := a.setupAccount(t, "")
		return a.post(t, setupsPath+"/"+id, "payment_method=pm_usBankAccount_success").text("id")
	}, map[string]any{"status": "requires_confirmation"}, []string{setupCreated, setupAction, mandateUpdated}},
	{"requires_action", func(t *testing.T, a api) string {
		t.Helper()
		return a.setUp(t, "card", "pm_card_threeDSecure2Required", "").text("id")
	}, map[string]any{
		"status": "requires_action", "next_action": anything, "next_action.type": "use_stripe_sdk",
	}, []string{setupCreated, setupAction}},
	{"requires_action on a page", func(t *testing.T, a api) string {
		t.Helper()
		return a.setUp(t, "card", "pm_card_authenticationRequired", "&return_url=https://shop.example").text("id")
	}, map[string]any{
		"status": "requires_action", "next_action": anything, "next_action.type": "redirect_to_url",
		"next_action.redirect_to_url.return_url": "https://shop.example",
	}, []string{setupCreated, setupAction}},
	{
		"requires_action until the account is verified",
		func(t *testing.T, a api) string { t.Helper(); return a.setupAccount(t, "") },
		map[string]any{
			"status": "requires_action", "next_action": anything, "next_action.type": "verify_with_microdeposits",
			"next_action.verify_with_microdeposits.microdeposit_type": "amounts", "mandate": anything,
			// Monday, after the Saturday on which tests begin, at midnight in California
			"next_action.verify_with_microdeposits.arrival_date": int(time.Date(2026, 3, 16, 8, 0, 0, 0, time.UTC).Unix()),
		},
		[]string{setupCreated, setupAction},
	},
	{"requires_action after a wrong try", func(t *testing.T, a api) string {
		t.Helper()
		id := a.setupAccount(t, "")
		a.verify(t, setupsPath, id, wrongAmounts).want(t, 400, nil)
		return id
	}, map[string]any{"status": "requires_action", "next_action": anything, "mandate": anything}, []string{
		setupCreated, setupAction,
	}},
	{
		"succeeded", func(t *testing.T, a api) string { t.Helper(); return a.setUp(t, "card", "pm_card_visa", "").text("id") },
		map[string]any{"status": "succeeded"},
		[]string{setupCreated, setupSucceeded},
	},
	{"succeeded for a customer", func(t *testing.T, a api) string {
		t.Helper()
		return a.setUp(t, "card", "pm_card_visa", "&customer="+a.customer(t, "")).text("id")
	}, map[string]any{"status": "succeeded", "customer": anything}, []string{
		"customer.created", setupCreated, "payment_method.attached", setupSucceeded,
	}},
	{"succeeded after the step", func(t *testing.T, a api) string {
		t.Helper()
		id := a.setUp(t, "card", "pm_card_threeDSecure2Required", "").text("id")
		a.authenticateSetup(t, id, "succeed").want(t, 200, map[string]any{"status": "succeeded"})
		return id
	}, map[string]any{"status": "succeeded"}, []string{setupCreated, setupAction, setupSucceeded}},
	{"succeeded with a mandate", func(t *testing.T, a api) string {
		t.Helper()
		return a.setUp(t, "sepa_debit", "pm_success_de", offlineData).text("id")
	}, map[string]any{"status": "succeeded", "mandate": anything}, []string{setupCreated, setupSucceeded}},
	{"succeeded after the verification", func(t *testing.T, a api) string {
		t.Helper()
		id := a.setupAccount(t, "")
		a.verify(t, setupsPath, id, rightAmounts).want(t, 200, map[string]any{"status": "succeeded"})
		return id
	}, map[string]any{"status": "succeeded", "mandate": anything}, []string{
		setupCreated, setupAction, mandateUpdated, setupSucceeded,
	}},
	{"succeeded with another method after a decline", func(t *testing.T, a api) string {
		t.Helper()
		id := setupID(a.setUp(t, "card", "pm_card_visa_chargeDeclined", ""))
		return a.post(t, setupsPath+"/"+id+"/confirm", "payment_method=pm_card_visa").text("id")
	}, map[string]any{"status": "succeeded"}, []string{setupCreated, setupFailed, setupSucceeded}},
	{"requires_payment_method after a decline", func(t *testing.T, a api) string {
		t.Helper()
		return setupID(a.setUp(t, "card", "pm_card_chargeDeclinedExpiredCard", ""))
	}, map[string]any{
		"status": "requires_payment_method", "payment_method": nil, "last_setup_error": anything,
		"last_setup_error.code": "expired_card", "last_setup_error.decline_code": "expired_card",
		"last_setup_error.type": "card_error", "last_setup_error.payment_method.card.last4": "0069",
	}, []string{setupCreated, setupFailed}},
	{"requires_payment_method after the step failed", func(t *testing.T, a api) string {
		t.Helper()
		id := a.setUp(t, "card", "pm_card_threeDSecure2Required", "").text("id")
		a.authenticateSetup(t, id, "fail").want(t, 200, nil)
		return id
	}, map[string]any{
		"status": "requires_payment_method", "payment_method": nil, "last_setup_error": anything,
		"last_setup_error.code": "setup_intent_authentication_failure", "last_setup_error.decline_code": nil,
		"last_setup_error.type": "invalid_request_error",
	}, []string{setupCreated, setupAction, setupFailed}},
	{"requires_payment_method after too many tries", func(t *testing.T, a api) string {
		t.Helper()
		id := a.setupAccount(t, "")
		a.verify(t, setupsPath, id, "descriptor_code=SM33CC").want(t, 400, nil)
		return id
	}, map[string]any{
		"status": "requires_payment_method", "payment_method": nil, "last_setup_error": anything,
		"last_setup_error.code": "payment_method_microdeposit_verification_attempts_exceeded",
	}, []string{setupCreated, setupAction, mandateUpdated, setupFailed}},
	{"requires_payment_method after ten days", func(t *testing.T, a api) string {
		t.Helper()
		id := a.setupAccount(t, "")
		a.Advance(10 * 24 * time.Hour)
		return id
	}, map[string]any{
		"status": "requires_payment_method", "payment_method": nil, "last_setup_error": anything,
		"last_setup_error.code": "payment_method_microdeposit_verification_timeout",
	}, []string{setupCreated, setupAction, mandateUpdated, setupFailed}},
	{"requires_payment_method where no deposits arrive", func(t *testing.T, a api) string {
		t.Helper()
		return setupID(a.setUp(t, "us_bank_account", "pm_usBankAccount_failMicrodeposits", mandate))
	}, map[string]any{
		"status": "requires_payment_method", "payment_method": nil, "last_setup_error": anything,
		"last_setup_error.code": "payment_method_microdeposit_failed",
	}, []string{setupCreated, setupFailed}},
	{"requires_payment_method since the method was lost", func(t *testing.T, a api) string {
		t.Helper()
		owner := a.customer(t, "")
		got := a.setUp(t, "card", "pm_card_threeDSecure2Required", "&customer="+owner)
		a.post(t, "/v1/payment_methods/"+got.text("payment_method")+"/attach", "customer="+a.customer(t, "")).want(t, 200, nil)
		a.authenticateSetup(t, got.text("id"), "succeed").want(t, 200, nil)
		return got.text("id")
	}, map[string]any{
		"status": "requires_payment_method", "customer": anything, "last_setup_error": anything,
		"last_setup_error.code": "setup_attempt_failed",
	}, []string{
		"customer.created", setupCreated, setupAction, "customer.created", "payment_method.attached", setupFailed,
	}},
	{"requires_payment_method since the customer was deleted", func(t *testing.T, a api) string {
		t.Helper()
		owner := a.customer(t, "")
		id := a.setUp(t, "card", "pm_card_threeDSecure2Required", "&customer="+owner).text("id")
		a.do(t, http.MethodDelete, customersPath+"/"+owner, "").want(t, 200, nil)
		a.authenticateSetup(t, id, "succeed").want(t, 200, nil)
		return id
	}, map[string]any{
		"status": "requires_payment_method", "customer": anything, "last_setup_error": anything,
		"last_setup_error.code": "setup_attempt_failed",
	}, []string{"customer.created", setupCreated, setupAction, "customer.deleted", setupFailed}},
	{"canceled", func(t *testing.T, a api) string {
		t.Helper()
		id := a.post(t, setupsPath, cardSetup+"pm_card_visa").text("id")
		return a.post(t, setupsPath+"/"+id+"/cancel", "cancellation_reason=duplicate").text("id")
	}, map[string]any{"status": "canceled", "cancellation_reason": "duplicate"}, []string{setupCreated, setupCanceled}},
	{"canceled during the verification", func(t *testing.T, a api) string {
		t.Helper()
		id := a.setupAccount(t, "")
		a.post(t, setupsPath+"/"+id+"/cancel", "").want(t, 200, nil)
		a.Advance(11 * 24 * time.Hour)
		return id
	}, map[string]any{"status": "canceled", "mandate": anything}, []string{
		setupCreated, setupAction, mandateUpdated, setupCanceled,
	}},
}

// Every state of a setup intent holds to its row, to Stripe's description, and to the events that led there.
func TestT01_SetupStates(t *testing.T) {
	t.Parallel()
	for _, tt := range setupStates {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			id := tt.reach(t, a)
			want := with(freshSetup)
			for name, value := range tt.want {
				if want[name] = value; value == anything {
					delete(want, name)
				}
			}
			got := a.get(t, setupsPath+"/"+id, "")
			got.want(t, 200, want)
			if err := newContract(t).violation("setup_intent", any(got.body)); err != nil {
				t.Errorf("%v\n%s", err, got.raw)
			}
			kinds := slices.DeleteFunc(a.eventTypes(t), func(kind string) bool { return kind == "payment_method.updated" })
			if diff := cmp.Diff(tt.events, kinds); diff != "" {
				t.Error(diff)
			}
			if n := len(a.Ledger()); n != 0 {
				t.Errorf("%d movements of money", n)
			}
		})
	}
}

// The ids, the secret and the expansion of what belongs to a setup intent.
func TestT01_SetupIntentShape(t *testing.T) {
	t.Parallel()
	a := newAPI()
	owner := a.customer(t, "name=n")
	got := a.setUp(t, "sepa_debit", "pm_success_de", offlineData+"&customer="+owner+"&expand[]=customer&expand[]=mandate."+
		"payment_method&expand[]=payment_method&expand[]=latest_attempt")
	got.want(t, 200, map[string]any{
		"customer.name": "n", "mandate.status": "active", "mandate.type": "multi_use",
		"mandate.customer_acceptance.type": "offline", "mandate.customer_acceptance.accepted_at": int(start.Unix()), "mandate.payment_method.type": "sepa_debit",
		"payment_method.customer": owner,
	})
	for name, form := range map[string]string{
		"id": `^seti_1[A-Za-z0-9]{23}$`, "latest_attempt": `^setatt_1[A-Za-z0-9]{23}$`,
		"client_secret": `^seti_1[A-Za-z0-9]{23}_secret_[A-Za-z0-9]{31}$`,
	} {
		if !regexp.MustCompile(form).MatchString(got.text(name)) {
			t.Errorf("%s %q", name, got.text(name))
		}
	}
	if !strings.HasPrefix(got.text("client_secret"), got.text("id")) {
		t.Errorf("client_secret %q", got.text("client_secret"))
	}
	a.get(t, setupsPath+"/"+got.text("id"), "client_secret="+got.text("client_secret")).want(t, 200, nil)
	a.get(t, "/v1/mandates/"+got.text("mandate", "id"), "").want(t, 200, map[string]any{
		"object": "mandate", "payment_method": got.text("payment_method", "id"), "payment_method_details.type": "sepa_debit",
	})
	a.get(t, "/v1/mandates/mandate_x", "").want(t, 404, map[string]any{
		"error.code": "resource_missing", "error.param": "mandate", "error.message": "No such mandate: 'mandate_x'",
	})
}

// docs.stripe.com/api/setup_intents/list.
func TestT01_ListSetupIntents(t *testing.T) {
	t.Parallel()
	a := newAPI()
	owner := a.customer(t, "")
	first := a.setUp(t, "card", "pm_card_visa", "&customer="+owner)
	a.clock.Advance(time.Minute)
	second := a.post(t, setupsPath, "customer="+owner).text("id")
	a.clock.Advance(time.Minute)
	third := a.post(t, setupsPath, "").text("id")
	for query, want := range map[string][]string{
		"":                  {third, second, first.text("id")},
		"limit=1":           {third},
		"customer=" + owner: {second, first.text("id")},
		"payment_method=" + first.text("payment_method"):                        {first.text("id")},
		"created[gt]=" + strconv.FormatInt(start.Unix(), 10):                    {third, second},
		"created=" + strconv.FormatInt(start.Unix(), 10) + "&customer=" + owner: {first.text("id")},
		"starting_after=" + third + "&limit=1&expand[]=data.customer":           {second},
	} {
		got := a.get(t, setupsPath, query)
		got.want(t, 200, map[string]any{"url": setupsPath})
		ids := []string{}
		items, _ := got.at("data").([]any)
		for _, item := range items {
			object, _ := item.(map[string]any)
			ids = append(ids, reply{body: object}.text("id"))
		}
		if diff := cmp.Diff(want, ids); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
		if err := newContract(t).listViolation(setupsPath, any(got.body)); err != nil {
			t.Errorf("%s: %v", query, err)
		}
	}
}
