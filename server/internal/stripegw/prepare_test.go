package stripegw_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

func TestPrepare(t *testing.T) {
	g := newGateway(t, "http://127.0.0.1:1")
	for _, tt := range []struct {
		name string
		req  proto.Message
		want stripegw.Request
		form []string
	}{
		{
			"the least payment", createRequest(),
			stripegw.Request{Method: "POST", Path: "/v1/payment_intents"},
			[]string{
				"amount=1000", "currency=usd", "expand[0]=latest_charge", "metadata[tillgate_operation]=" + operationID,
				"automatic_payment_methods[enabled]=true", "automatic_payment_methods[allow_redirects]=never",
			},
		},
		{
			"confirmed", edited(func(r *paymentsv1.CreatePaymentRequest) {
				r.PaymentMethodId, r.Confirm = "pm_1", true
				r.Amount = &paymentsv1.Money{MinorUnits: 500, CurrencyCode: "jpy"}
			}),
			stripegw.Request{Method: "POST", Path: "/v1/payment_intents"},
			[]string{
				"amount=500", "currency=jpy", "expand[0]=latest_charge", "metadata[tillgate_operation]=" + operationID,
				"payment_method=pm_1", "confirm=true",
				"automatic_payment_methods[enabled]=true", "automatic_payment_methods[allow_redirects]=never",
			},
		},
		{
			"off session", edited(func(r *paymentsv1.CreatePaymentRequest) {
				r.PaymentMethodId, r.Confirm, r.OffSession = "pm_1", true, true
			}),
			stripegw.Request{Method: "POST", Path: "/v1/payment_intents"},
			[]string{
				"amount=1000", "currency=usd", "expand[0]=latest_charge", "metadata[tillgate_operation]=" + operationID,
				"payment_method=pm_1", "confirm=true", "off_session=true",
			},
		},
		{
			"with types", edited(func(r *paymentsv1.CreatePaymentRequest) {
				r.PaymentMethodTypes = []string{"card", "us_bank_account"}
			}),
			stripegw.Request{Method: "POST", Path: "/v1/payment_intents"},
			[]string{
				"amount=1000", "currency=usd", "expand[0]=latest_charge", "metadata[tillgate_operation]=" + operationID,
				"payment_method_types[0]=card", "payment_method_types[1]=us_bank_account",
			},
		},
		{
			"everything", fullCreate(),
			stripegw.Request{Method: "POST", Path: "/v1/payment_intents"},
			[]string{
				"amount=1000", "currency=usd", "expand[0]=latest_charge", "metadata[tillgate_operation]=" + operationID,
				"metadata[order]=1001", "customer=cus_1", "payment_method=pm_1", "payment_method_types[0]=card",
				"payment_method_types[1]=us_bank_account",
				"payment_method_options[us_bank_account][verification_method]=instant",
				"mandate_data[customer_acceptance][type]=online", "mandate_data[customer_acceptance][accepted_at]=1700000000",
				"mandate_data[customer_acceptance][online][ip_address]=203.0.113.7",
				"mandate_data[customer_acceptance][online][user_agent]=Mozilla/5.0",
				"capture_method=manual", "confirm=true", "off_session=true", "setup_future_usage=off_session",
				"return_url=https://example.com/back", "description=Order 1001", "statement_descriptor_suffix=ORDER",
				"receipt_email=jane@example.com",
			},
		},
		{
			"the least confirmation", &paymentsv1.ConfirmPaymentRequest{PaymentId: "pi_1"},
			stripegw.Request{Method: "POST", Path: "/v1/payment_intents/pi_1/confirm"},
			[]string{"expand[0]=latest_charge"},
		},
		{
			"a full confirmation", fullConfirm(),
			stripegw.Request{Method: "POST", Path: "/v1/payment_intents/pi_1/confirm"},
			[]string{
				"expand[0]=latest_charge", "payment_method=pm_1", "off_session=true", "return_url=https://example.com/back",
				"setup_future_usage=on_session", "receipt_email=jane@example.com",
				"mandate_data[customer_acceptance][type]=offline",
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checkPrepared(t, g, tt.req, tt.want, tt.form)
		})
	}
}

// checkPrepared wants this request, with these parameters and no others, each time anew.
func checkPrepared(t *testing.T, g *stripegw.Gateway, req proto.Message, endpoint stripegw.Request, params []string) {
	t.Helper()
	before := proto.Clone(req)
	got, err := prepareOnly(g, req, operationID)
	if err != nil {
		t.Fatal(err)
	}
	if got.Method != endpoint.Method || got.Path != endpoint.Path {
		t.Errorf("got %v, want %v", got, endpoint)
	}
	if diff := cmp.Diff(pairs(params), query(t, got.Form)); diff != "" {
		t.Errorf("form (-want +got):\n%s", diff)
	}
	if !proto.Equal(before, req) {
		t.Error("the request was changed")
	}
	for range 100 {
		if again, err := prepareOnly(g, req, operationID); err != nil || again != got {
			t.Fatalf("prepared %q, then %q, %v", got.Form, again.Form, err)
		}
	}
}

// pairs reads `name=value` one by one.
func pairs(params []string) url.Values {
	values := url.Values{}
	for _, pair := range params {
		name, value, _ := strings.Cut(pair, "=")
		values.Set(name, value)
	}
	return values
}

// query decodes a form as Stripe gets it.
func query(t *testing.T, form string) url.Values {
	t.Helper()
	values, err := url.ParseQuery(form)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func TestPrepareRefuses(t *testing.T) {
	g := newGateway(t, "http://127.0.0.1:1")
	for _, tt := range []struct {
		name        string
		req         proto.Message
		operationID string
		want        paymentsv1.ErrorReason
		field       string
	}{
		{"no amount", &paymentsv1.CreatePaymentRequest{}, operationID, invalidField, "amount"},
		{"unknown currency", edited(func(r *paymentsv1.CreatePaymentRequest) {
			r.Amount.CurrencyCode = "XYZ"
		}), operationID, invalidField, "amount.currency_code"},
		{"too much", edited(func(r *paymentsv1.CreatePaymentRequest) {
			r.Amount.MinorUnits = 100000000
		}), operationID, invalidField, "amount.minor_units"},
		{"unknown capture method", edited(func(r *paymentsv1.CreatePaymentRequest) {
			r.CaptureMethod = 99
		}), operationID, invalidField, "capture_method"},
		{"unknown usage", edited(func(r *paymentsv1.CreatePaymentRequest) {
			r.SetupFutureUsage = 99
		}), operationID, invalidField, "setup_future_usage"},
		{"no payment", &paymentsv1.ConfirmPaymentRequest{}, operationID, invalidField, "payment_id"},
		{"a verification of no bank account", edited(func(r *paymentsv1.CreatePaymentRequest) {
			r.PaymentMethodTypes = []string{"card"}
			r.BankAccountVerification = paymentsv1.BankAccountVerification_BANK_ACCOUNT_VERIFICATION_INSTANT
		}), operationID, invalidField, "bank_account_verification"},
		{"an acceptance of no kind", edited(func(r *paymentsv1.CreatePaymentRequest) {
			r.MandateAcceptance = &paymentsv1.MandateAcceptance{}
		}), operationID, invalidField, "mandate_acceptance"},
		{"no operation id", createRequest(), "", paymentsv1.ErrorReason_ERROR_REASON_INTERNAL, ""},
		{
			"an rpc without a row", &paymentsv1.GetPaymentRequest{PaymentId: "pi_1"}, operationID,
			paymentsv1.ErrorReason_ERROR_REASON_INTERNAL, "",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := prepareOnly(g, tt.req, tt.operationID)
			wantReason(t, err, tt.want)
			if got := field(err); got != tt.field {
				t.Errorf("field = %q, want %q", got, tt.field)
			}
		})
	}
}

func TestWriteRefusesUnknownMethod(t *testing.T) {
	stripe := newStripe(t, answer(200, smallPayment))
	g := newGateway(t, stripe.URL)
	r := prepare(t, g, createRequest())
	_, err := writeOnce(t.Context(), g, "/payments.v1.PaymentService/GetPayment", r)
	wantReason(t, err, paymentsv1.ErrorReason_ERROR_REASON_INTERNAL)
	if stripe.arrivals() != 0 {
		t.Errorf("%d arrivals, want none", stripe.arrivals())
	}
}

// TestFieldNames: what Stripe says of its parameters, callers hear of their fields.
func TestFieldNames(t *testing.T) {
	for _, tt := range []struct{ method, param, want string }{
		{createPayment, "amount", "amount.minor_units"},
		{createPayment, "currency", "amount.currency_code"},
		{createPayment, "customer", "customer_id"},
		{createPayment, "payment_method", "payment_method_id"},
		{createPayment, "source", "customer_id"},
		{createPayment, "payment_method_types[0]", "payment_method_types[0]"},
		{createPayment, "payment_method_types", "payment_method_types"},
		{createPayment, "metadata[order id]", `metadata["order id"]`},
		{createPayment, "metadata", "metadata"},
		{createPayment, "return_url", "return_url"},
		{createPayment, "receipt_email", "receipt_email"},
		{createPayment, "metadata[tillgate_operation]", ""},
		{createPayment, "automatic_payment_methods[enabled]", ""},
		{createPayment, "expand[0]", ""},
		{createPayment, "a sentence: " + canary, ""},
		{confirmPayment, "intent", "payment_id"},
		{confirmPayment, "payment_method", "payment_method_id"},
		{confirmPayment, "source", "payment_method_id"},
		{updatePayment, "source", "payment.customer_id"},
		{confirmPayment, "amount", ""},
	} {
		t.Run(tt.param, func(t *testing.T) {
			body := encode(t, map[string]any{"error": map[string]any{
				"type": "invalid_request_error", "code": "parameter_invalid_empty", "param": tt.param, "message": canary,
			}})
			stripe := newStripe(t, answer(400, body))
			g := newGateway(t, stripe.URL)
			_, err := writeOnce(t.Context(), g, tt.method, prepare(t, g, createRequest()))
			if got := field(err); got != tt.want {
				t.Errorf("field = %q, want %q", got, tt.want)
			}
			checkSilent(t, err)
		})
	}
}

// TestSubject: the object in the path is what a 404 is about; a create has none.
func TestSubject(t *testing.T) {
	stripe := newStripe(t, answer(404, stripeError("invalid_request_error", "resource_missing")))
	g := newGateway(t, stripe.URL)
	r, err := prepareOnly(g, &paymentsv1.ConfirmPaymentRequest{PaymentId: "pi_missing"}, operationID)
	if err != nil {
		t.Fatal(err)
	}
	_, err = writeOnce(t.Context(), g, confirmPayment, r)
	wantReason(t, err, resourceMissing)
	if text := visible(err); !strings.Contains(text, "pi_missing") {
		t.Errorf("the payment is not named:\n%s", text)
	}
}

// TestNothingToCharge: Stripe has no code for it, so that apierr must know whether a request was to collect.
func TestNothingToCharge(t *testing.T) {
	body := `{"error":{"type":"invalid_request_error","code":"parameter_missing","param":"payment_method"}}`
	stripe := newStripe(t, answer(400, body))
	g := newGateway(t, stripe.URL)
	for _, tt := range []struct {
		name, method string
		req          proto.Message
		want         paymentsv1.ErrorReason
	}{
		{"create", createPayment, createRequest(), invalidField},
		{"create with a text", createPayment, edited(func(r *paymentsv1.CreatePaymentRequest) {
			r.Description = "a=b&confirm=true"
		}), invalidField},
		{"create and confirm", createPayment, edited(func(r *paymentsv1.CreatePaymentRequest) {
			r.Confirm = true
		}), methodRequired},
		{"confirm", confirmPayment, &paymentsv1.ConfirmPaymentRequest{PaymentId: "pi_1"}, methodRequired},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := prepareOnly(g, tt.req, operationID)
			if err != nil {
				t.Fatal(err)
			}
			_, err = writeOnce(t.Context(), g, tt.method, r)
			wantReason(t, err, tt.want)
		})
	}
}

const (
	invalidField   = paymentsv1.ErrorReason_ERROR_REASON_INVALID_FIELD
	methodRequired = paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_METHOD_REQUIRED
)

// field is the one that an error of ours is about.
func field(err error) string {
	var ours *apierr.Error
	if !errors.As(err, &ours) {
		return ""
	}
	return ours.Metadata["field"]
}

// edited is the least CreatePaymentRequest with a change.
func edited(edit func(*paymentsv1.CreatePaymentRequest)) *paymentsv1.CreatePaymentRequest {
	req := createRequest()
	edit(req)
	return req
}

// fullCreate has every field set.
func fullCreate() *paymentsv1.CreatePaymentRequest {
	return &paymentsv1.CreatePaymentRequest{
		IdempotencyKey:            "order-1001-attempt-1",
		Amount:                    &paymentsv1.Money{MinorUnits: 1000, CurrencyCode: "Usd"},
		CustomerId:                "cus_1",
		PaymentMethodId:           "pm_1",
		PaymentMethodTypes:        []string{"card", "us_bank_account"},
		CaptureMethod:             paymentsv1.CaptureMethod_CAPTURE_METHOD_MANUAL,
		Confirm:                   true,
		OffSession:                true,
		SetupFutureUsage:          paymentsv1.SetupFutureUsage_SETUP_FUTURE_USAGE_OFF_SESSION,
		ReturnUrl:                 "https://example.com/back",
		Description:               "Order 1001",
		StatementDescriptorSuffix: "ORDER",
		ReceiptEmail:              "jane@example.com",
		Metadata:                  map[string]string{"order": "1001"},
		MandateAcceptance:         online(),
		BankAccountVerification:   paymentsv1.BankAccountVerification_BANK_ACCOUNT_VERIFICATION_INSTANT,
	}
}

// fullConfirm has every field set.
func fullConfirm() *paymentsv1.ConfirmPaymentRequest {
	return &paymentsv1.ConfirmPaymentRequest{
		IdempotencyKey:   "order-1001-attempt-1-confirm",
		PaymentId:        "pi_1",
		PaymentMethodId:  "pm_1",
		OffSession:       true,
		ReturnUrl:        "https://example.com/back",
		SetupFutureUsage: paymentsv1.SetupFutureUsage_SETUP_FUTURE_USAGE_ON_SESSION,
		ReceiptEmail:     "jane@example.com",

		MandateAcceptance: offline(),
	}
}
