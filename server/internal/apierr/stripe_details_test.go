package apierr_test

import (
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

type detailCase struct {
	stripe  apierr.StripeError
	subject apierr.Subject
	want    proto.Message
}

// violation is a refused field, and what is said of it.
func violation(description, code, param, field string) detailCase {
	return detailCase{
		apierr.StripeError{HTTPStatus: 400, Type: "invalid_request_error", Code: code, Param: param, Field: field},
		aCreate,
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{
			Field: field, Description: description,
		}}},
	}
}

// microdeposits is how a verification of a bank account failed. The setup intent says the same as its last error.
func microdeposits(how string, advice paymentsv1.DeclineAdvice, says string) detailCase {
	code := "payment_method_microdeposit_verification_" + how
	return detailCase{
		apierr.StripeError{HTTPStatus: 400, Type: "invalid_request_error", Code: code, SetupIntentID: "seti_1"},
		aSetUp,
		&paymentsv1.Decline{SetupIntentId: "seti_1", Code: code, Advice: advice, CustomerMessage: says},
	}
}

func TestFromStripeDetails(t *testing.T) {
	for _, tt := range []detailCase{
		{
			apierr.StripeError{HTTPStatus: 400, Type: "invalid_request_error", Code: "amount_too_large", Field: "amount.minor_units"},
			aCreate,
			&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{
				Field:       "amount.minor_units",
				Description: "is above the greatest amount that Stripe takes here",
			}}},
		},
		violation("is required here", "parameter_missing", "source", "customer_id"),
		violation("belongs to a customer, and the payment has none", "parameter_missing", "source", "payment_method_id"),
		violation("is required here", "parameter_missing", "payment_method", "payment_method_id"),
		violation("can not be used here: is it this customer's, not used up, and of an accepted kind?", "", "payment_method",
			"payment_method_id"),
		violation("is of a kind that payment_method_types does not name", "payment_intent_incompatible_payment_method",
			"payment_method", "payment_method_id"),
		violation("is of a kind that payment_method_types does not name", "setup_intent_invalid_parameter",
			"payment_method", "payment.payment_method_id"),
		violation("is not accepted by Stripe", "setup_intent_invalid_parameter", "payment_method_types", "payment_method_types"),
		violation("is not accepted by Stripe", "payment_method_invalid_parameter", "payment_method", "payment_method_id"),
		violation("names an object that does not exist, is not active, or belongs to another customer", "resource_missing",
			"payment_method", "payment_method_id"),
		microdeposits("amounts_mismatch", paymentsv1.DeclineAdvice_DECLINE_ADVICE_FIX_DATA,
			"The amounts do not match those that the bank account received. Please check them and try again."),
		microdeposits("descriptor_code_mismatch", paymentsv1.DeclineAdvice_DECLINE_ADVICE_FIX_DATA,
			"The code does not match the one that the bank account received. Please check it and try again."),
		microdeposits("attempts_exceeded", paymentsv1.DeclineAdvice_DECLINE_ADVICE_NEW_METHOD,
			"The bank account could not be verified. Please use another payment method."),
		microdeposits("timeout", paymentsv1.DeclineAdvice_DECLINE_ADVICE_NEW_METHOD,
			"The bank account could not be verified. Please use another payment method."),
		{
			apierr.StripeError{HTTPStatus: 404, Type: "invalid_request_error", Code: "resource_missing", Param: "intent"},
			aConfirm,
			&errdetails.ResourceInfo{ResourceType: "payment", ResourceName: "pi_1"},
		},
		{apierr.StripeError{
			HTTPStatus: 402, Type: "card_error", Code: "card_declined", DeclineCode: "insufficient_funds", PaymentIntentID: "pi_2",
			AdviceCode: "do_not_try_again",
		}, aCreate, &paymentsv1.Decline{
			PaymentId: "pi_2", Code: "card_declined",
			DeclineCode: "insufficient_funds", Advice: paymentsv1.DeclineAdvice_DECLINE_ADVICE_STOP,
			CustomerMessage: "The payment was declined for lack of funds. Please use another payment method.",
			RawAdviceCode:   "do_not_try_again",
		}},
	} {
		got := apierr.FromStripe(tt.stripe, tt.subject)
		if len(got.Details) != 1 || !proto.Equal(got.Details[0], tt.want) {
			t.Errorf("%+v: details = %v, want %v", tt.stripe, got.Details, tt.want)
		}
	}
}

// What was refused is named, as it was: a payment, or a method that was to be saved.
func TestDeclinesNameWhatWasRefused(t *testing.T) {
	const payment, method = "the payment was declined", "the payment method was declined"
	aMethod := apierr.Subject{Write: true, Type: "payment_method", OperationID: "op_1"}
	for _, tt := range []struct {
		name, paymentID, setupIntentID string
		subject                        apierr.Subject
		says                           string
	}{
		{"payment", "pi_1", "", aConfirm, payment},
		{"payment that is made", "pi_1", "", aCreate, payment},
		{"setup intent", "", "seti_1", aSetUp, method},
		{"method", "", "", aMethod, method},
	} {
		t.Run(tt.name, func(t *testing.T) {
			refusal := apierr.StripeError{
				HTTPStatus: 402, Type: "card_error", Code: "card_declined", DeclineCode: "stolen_card",
				PaymentIntentID: tt.paymentID, SetupIntentID: tt.setupIntentID,
			}
			fresh := apierr.FromStripe(refusal, tt.subject)
			data, err := apierr.Encode(fresh)
			if err != nil {
				t.Fatal(err)
			}
			stored, err := apierr.Decode(data)
			if err != nil {
				t.Fatal(err)
			}
			for _, got := range []*apierr.Error{fresh, fresh.Hidden(), stored} {
				if got.Message != tt.says {
					t.Errorf("it says %q, want %q", got.Message, tt.says)
				}
				if got.Metadata["payment_id"] != tt.paymentID || got.Metadata["setup_intent_id"] != tt.setupIntentID {
					t.Errorf("the metadata are %v", got.Metadata)
				}
			}
			refusal.Code, refusal.DeclineCode = "authentication_required", "authentication_required"
			asked := apierr.FromStripe(refusal, tt.subject)
			if usual := apierr.New(asked.Reason).Message; asked.Message != usual ||
				asked.Reason != paymentsv1.ErrorReason_ERROR_REASON_AUTHENTICATION_REQUIRED ||
				asked.Metadata["setup_intent_id"] != tt.setupIntentID {
				t.Errorf("got %v with %v, want %q", asked, asked.Metadata, usual)
			}
		})
	}
}
