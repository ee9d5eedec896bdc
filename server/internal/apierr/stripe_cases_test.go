package apierr_test

import (
	"google.golang.org/grpc/codes"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

var (
	aCreate  = apierr.Subject{Write: true, OperationID: "op_1"}
	aConfirm = apierr.Subject{Write: true, Confirms: true, Type: "payment", ID: "pi_1", OperationID: "op_1"}
	aCapture = apierr.Subject{Write: true, Type: "payment", ID: "pi_1", OperationID: "op_1"}
	aRead    = apierr.Subject{Type: "payment", ID: "pi_1"}

	aSetUp = apierr.Subject{Write: true, Confirms: true, Type: "setup_intent", ID: "seti_1", OperationID: "op_1"}

	aSubscribe = apierr.Subject{Write: true, Type: "subscription", OperationID: "op_1"}
	aChange    = apierr.Subject{
		Write: true, Type: "subscription", ID: "sub_1", StateParam: "subscription", OperationID: "op_1",
	}
	anInvoice = apierr.Subject{
		Write: true, Confirms: true, Type: "invoice", ID: "in_1", StateParam: "invoice", OperationID: "op_1",
	}
	aPlan = apierr.Subject{Type: "plan", ID: "price_1"}

	aRefund       = apierr.Subject{Write: true, StateParam: "payment_intent", OperationID: "op_1"}
	aRefundCancel = apierr.Subject{Write: true, Type: "refund", ID: "re_1", StateParam: "refund", OperationID: "op_1"}
)

// stripeCases are what Stripe can answer and what a caller hears.
var stripeCases = []struct {
	name    string
	stripe  apierr.StripeError
	subject apierr.Subject
	code    codes.Code
	reason  string
}{
	{"wrong amount", apierr.StripeError{
		HTTPStatus: 400, Type: "invalid_request_error", Code: "amount_too_small", Param: "amount",
		Field: "amount.minor_units",
	}, aCreate, codes.InvalidArgument, "INVALID_FIELD"},
	{"wrong parameter without a code", apierr.StripeError{
		HTTPStatus: 400, Type: "invalid_request_error", Param: "currency",
		Field: "amount.currency_code",
	}, aCreate, codes.InvalidArgument, "INVALID_FIELD"},
	{
		"parameter of ours",
		apierr.StripeError{HTTPStatus: 400, Type: "invalid_request_error", Param: "automatic_payment_methods"},
		aCreate, codes.Internal, "STRIPE_CONTRACT",
	},
	{
		"unknown parameter",
		apierr.StripeError{HTTPStatus: 400, Type: "invalid_request_error", Code: "parameter_unknown", Param: "x"},
		aCreate, codes.Internal, "STRIPE_CONTRACT",
	},
	{
		"invalid without a parameter",
		apierr.StripeError{HTTPStatus: 400, Type: "invalid_request_error"},
		aCreate, codes.InvalidArgument, "INVALID_FIELD",
	},
	{
		"key reused",
		apierr.StripeError{HTTPStatus: 400, Type: "idempotency_error"},
		aCreate, codes.InvalidArgument,
		"IDEMPOTENCY_KEY_REUSED",
	},
	{
		"key in use",
		apierr.StripeError{HTTPStatus: 409, Type: "invalid_request_error", Code: "idempotency_key_in_use"},
		aCreate,
		codes.Aborted, "OPERATION_IN_PROGRESS",
	},
	{
		"key in use, as some emulators say it",
		apierr.StripeError{HTTPStatus: 409, Type: "idempotency_error"},
		aCreate,
		codes.Aborted, "OPERATION_IN_PROGRESS",
	},
	{"subject missing", apierr.StripeError{
		HTTPStatus: 404, Type: "invalid_request_error", Code: "resource_missing", Param: "intent",
		Field: "payment_id",
	}, aConfirm, codes.NotFound, "RESOURCE_MISSING"},
	{"subject of a read missing", apierr.StripeError{
		HTTPStatus: 404, Type: "invalid_request_error", Code: "resource_missing",
		Param: "id",
	}, aRead, codes.NotFound, "RESOURCE_MISSING"},
	{"refund missing", apierr.StripeError{
		HTTPStatus: 404, Type: "invalid_request_error", Code: "resource_missing", Param: "refund",
		Field: "refund_id",
	}, aRefundCancel, codes.NotFound, "RESOURCE_MISSING"},
	{"refund of a missing payment", apierr.StripeError{
		HTTPStatus: 400, Type: "invalid_request_error", Code: "resource_missing", Param: "payment_intent",
		Field: "payment_id",
	}, aRefund, codes.InvalidArgument, "INVALID_FIELD"},
	{"refund of too much", apierr.StripeError{
		HTTPStatus: 400, Type: "invalid_request_error", Param: "amount", Field: "amount.minor_units",
	}, aRefund, codes.InvalidArgument, "INVALID_FIELD"},
	{
		"refund of a refunded charge",
		apierr.StripeError{HTTPStatus: 400, Type: "invalid_request_error", Code: "charge_already_refunded"},
		aRefund, codes.FailedPrecondition, "UNEXPECTED_STATE",
	},
	{
		"refund of a disputed charge",
		apierr.StripeError{HTTPStatus: 400, Type: "invalid_request_error", Code: "charge_disputed"},
		aRefund, codes.FailedPrecondition, "UNEXPECTED_STATE",
	},
	{"refund of an uncaptured payment", apierr.StripeError{
		HTTPStatus: 400, Type: "invalid_request_error", Param: "payment_intent", Field: "payment_id",
	}, aRefund, codes.FailedPrecondition, "UNEXPECTED_STATE"},
	{
		"cancel of a refund that was sent",
		apierr.StripeError{HTTPStatus: 400, Type: "invalid_request_error"},
		aRefundCancel, codes.FailedPrecondition, "UNEXPECTED_STATE",
	},
	{"another parameter of a refund", apierr.StripeError{
		HTTPStatus: 400, Type: "invalid_request_error", Param: "reason", Field: "reason",
	}, aRefund, codes.InvalidArgument, "INVALID_FIELD"},
	{"a code of a refund that is not about state", apierr.StripeError{
		HTTPStatus: 400, Type: "invalid_request_error", Code: "parameter_invalid_empty", Param: "payment_intent",
		Field: "payment_id",
	}, aRefund, codes.InvalidArgument, "INVALID_FIELD"},
	{
		"subscribed with nothing to charge",
		apierr.StripeError{HTTPStatus: 400, Type: "invalid_request_error", Code: "resource_missing"},
		aSubscribe, codes.FailedPrecondition, "PAYMENT_METHOD_REQUIRED",
	},
	{"subscribed with nothing to charge, by the text", apierr.StripeError{
		HTTPStatus: 400, Type: "invalid_request_error", Param: "default_source",
	}, aSubscribe, codes.FailedPrecondition, "PAYMENT_METHOD_REQUIRED"},
	{"an invoice with nothing to charge", apierr.StripeError{
		HTTPStatus: 402, Type: "card_error", Code: "missing", Param: "default_source",
	}, anInvoice, codes.FailedPrecondition, "PAYMENT_METHOD_REQUIRED"},
	{
		"a payment with nothing to charge has another code",
		apierr.StripeError{HTTPStatus: 400, Type: "invalid_request_error", Code: "resource_missing"},
		aCreate, codes.Internal, "STRIPE_CONTRACT",
	},
	{"subscribed with a method that there is not", apierr.StripeError{
		HTTPStatus: 400, Type: "invalid_request_error", Code: "resource_missing", Param: "default_payment_method",
		Field: "default_payment_method_id",
	}, aSubscribe, codes.InvalidArgument, "INVALID_FIELD"},
	{
		"subscription missing",
		apierr.StripeError{HTTPStatus: 404, Type: "invalid_request_error", Code: "resource_missing", Param: "id"},
		aChange, codes.NotFound, "RESOURCE_MISSING",
	},
	{
		"subscription that has ended",
		apierr.StripeError{HTTPStatus: 400, Type: "invalid_request_error"},
		aChange, codes.FailedPrecondition, "UNEXPECTED_STATE",
	},
	{
		"subscription without a further invoice",
		apierr.StripeError{HTTPStatus: 404, Type: "invalid_request_error", Code: "invoice_upcoming_none"},
		aChange, codes.FailedPrecondition, "UNEXPECTED_STATE",
	},
	{"a preview of the period before", apierr.StripeError{
		HTTPStatus: 400, Type: "invalid_request_error", Param: "proration_date", Field: "proration_time",
	}, aChange, codes.FailedPrecondition, "PREVIEW_STALE"},
	{
		"invoice that is paid",
		apierr.StripeError{HTTPStatus: 400, Type: "invalid_request_error"},
		anInvoice, codes.FailedPrecondition, "UNEXPECTED_STATE",
	},
	{"invoice of which the bank wants the customer", apierr.StripeError{
		HTTPStatus: 402, Type: "card_error", Code: "invoice_payment_intent_requires_action", PaymentIntentID: "pi_1",
		PaymentIntentStatus: "requires_action",
	}, anInvoice, codes.FailedPrecondition, "AUTHENTICATION_REQUIRED"},
	{"plan missing", apierr.StripeError{
		HTTPStatus: 404, Type: "invalid_request_error", Code: "resource_missing", Param: "price", Field: "plan_id",
	}, aPlan, codes.NotFound, "RESOURCE_MISSING"},
	{"lookup key of another plan", apierr.StripeError{
		HTTPStatus: 400, Type: "invalid_request_error", Param: "lookup_key", Field: "plan.lookup_key",
	}, aCreate, codes.InvalidArgument, "INVALID_FIELD"},
	{"lookup key of another plan, by its code", apierr.StripeError{
		HTTPStatus: 400, Type: "invalid_request_error", Code: "resource_already_exists", Param: "lookup_key",
		Field: "plan.lookup_key",
	}, aCreate, codes.InvalidArgument, "INVALID_FIELD"},
	{"unknown 404", apierr.StripeError{HTTPStatus: 404, Type: "invalid_request_error"}, aRead, codes.NotFound, "RESOURCE_MISSING"},
	{"unknown URL", apierr.StripeError{HTTPStatus: 404, Type: "invalid_request_error"}, aCreate, codes.Internal, "STRIPE_CONTRACT"},
	{"customer missing", apierr.StripeError{
		HTTPStatus: 400, Type: "invalid_request_error", Code: "resource_missing",
		Param: "customer", Field: "customer_id",
	}, aCreate, codes.InvalidArgument, "INVALID_FIELD"},
	{"method missing on confirm", apierr.StripeError{
		HTTPStatus: 404, Type: "invalid_request_error", Code: "resource_missing",
		Param: "payment_method", Field: "payment_method_id",
	}, aConfirm, codes.InvalidArgument, "INVALID_FIELD"},
	{
		"exists",
		apierr.StripeError{HTTPStatus: 400, Type: "invalid_request_error", Code: "resource_already_exists"},
		aCreate,
		codes.AlreadyExists, "RESOURCE_EXISTS",
	},
	{"wrong state", apierr.StripeError{
		HTTPStatus: 400, Type: "invalid_request_error", Code: "payment_intent_unexpected_state",
		PaymentIntentStatus: "succeeded",
	}, aConfirm, codes.FailedPrecondition, "UNEXPECTED_STATE"},
	{
		"capture before a method",
		apierr.StripeError{
			HTTPStatus: 400, Type: "invalid_request_error",
			Code: "payment_intent_unexpected_state", PaymentIntentStatus: "requires_payment_method",
		},
		aCapture,
		codes.FailedPrecondition, "UNEXPECTED_STATE",
	},
	{
		"nothing to charge",
		apierr.StripeError{
			HTTPStatus: 400, Type: "invalid_request_error",
			Code: "payment_intent_unexpected_state", PaymentIntentStatus: "requires_payment_method",
		},
		aConfirm,
		codes.FailedPrecondition, "PAYMENT_METHOD_REQUIRED",
	},
	{
		"nothing to save",
		apierr.StripeError{
			HTTPStatus: 400, Type: "invalid_request_error",
			Code: "setup_intent_unexpected_state", SetupIntentStatus: "requires_payment_method",
		},
		aSetUp,
		codes.FailedPrecondition, "PAYMENT_METHOD_REQUIRED",
	},
	{
		"saved already",
		apierr.StripeError{
			HTTPStatus: 400, Type: "invalid_request_error",
			Code: "setup_intent_unexpected_state", SetupIntentStatus: "succeeded",
		},
		aSetUp,
		codes.FailedPrecondition, "UNEXPECTED_STATE",
	},
	{
		"saved already, of which the state is not known",
		apierr.StripeError{HTTPStatus: 400, Type: "invalid_request_error", Code: "setup_intent_unexpected_state"},
		aSetUp,
		codes.FailedPrecondition, "UNEXPECTED_STATE",
	},
	{
		"a token that was used",
		apierr.StripeError{
			HTTPStatus: 400, Type: "invalid_request_error", Code: "token_already_used", Field: "card_token",
		},
		aCreate,
		codes.InvalidArgument, "INVALID_FIELD",
	},
	{"declined", apierr.StripeError{
		HTTPStatus: 402, Type: "card_error", Code: "card_declined", DeclineCode: "insufficient_funds",
		PaymentIntentID: "pi_1",
	}, aCreate, codes.FailedPrecondition, "PAYMENT_DECLINED"},
	{"402 with the code of a fault of ours", apierr.StripeError{
		HTTPStatus: 402, Type: "invalid_request_error", Code: "api_key_expired",
	}, aCreate, codes.FailedPrecondition, "PAYMENT_DECLINED"},
	{"402 about a parameter of ours", apierr.StripeError{
		HTTPStatus: 402, Type: "invalid_request_error", Code: "parameter_unknown", Param: "x",
	}, aCreate, codes.FailedPrecondition, "PAYMENT_DECLINED"},
	{
		"unknown 402",
		apierr.StripeError{HTTPStatus: 402, Type: "invalid_request_error", Code: "new_code"},
		aCreate,
		codes.FailedPrecondition, "PAYMENT_DECLINED",
	},
	{
		"unknown card error",
		apierr.StripeError{HTTPStatus: 400, Type: "card_error"},
		aCreate, codes.FailedPrecondition,
		"PAYMENT_DECLINED",
	},
	{"authentication", apierr.StripeError{
		HTTPStatus: 402, Type: "card_error", Code: "authentication_required",
		DeclineCode: "authentication_required",
	}, aCreate, codes.FailedPrecondition, "AUTHENTICATION_REQUIRED"},
	{
		"lock",
		apierr.StripeError{HTTPStatus: 429, Type: "invalid_request_error", Code: "lock_timeout"},
		aCreate, codes.Aborted,
		"LOCK_TIMEOUT",
	},
	{
		"rate limit",
		apierr.StripeError{HTTPStatus: 429, Type: "invalid_request_error", Code: "rate_limit"},
		aCreate,
		codes.ResourceExhausted, "RATE_LIMITED",
	},
	{"rate limit without a body", apierr.StripeError{HTTPStatus: 429}, aRead, codes.ResourceExhausted, "RATE_LIMITED"},
	{
		"dependency",
		apierr.StripeError{HTTPStatus: 400, Type: "invalid_request_error", Code: "taxes_calculation_failed"},
		aCreate,
		codes.Unavailable, "STRIPE_UNAVAILABLE",
	},
	{"500 on a read", apierr.StripeError{HTTPStatus: 500, Type: "api_error"}, aRead, codes.Unavailable, "STRIPE_UNAVAILABLE"},
	{"502 HTML on a read", apierr.StripeError{HTTPStatus: 502}, aRead, codes.Unavailable, "STRIPE_UNAVAILABLE"},
	{"500 on a write", apierr.StripeError{HTTPStatus: 500, Type: "api_error"}, aCreate, codes.Unknown, "OUTCOME_PENDING"},
	{"503 on a write", apierr.StripeError{HTTPStatus: 503}, aCreate, codes.Unknown, "OUTCOME_PENDING"},
	{"424 on a write", apierr.StripeError{HTTPStatus: 424}, aCreate, codes.Unknown, "OUTCOME_PENDING"},
	{"400 that is not Stripe's, on a write", apierr.StripeError{HTTPStatus: 400}, aCreate, codes.Unknown, "OUTCOME_PENDING"},
	{"402 that is not Stripe's, on a read", apierr.StripeError{HTTPStatus: 402}, aRead, codes.Unavailable, "STRIPE_UNAVAILABLE"},
	{"404 that is not Stripe's, on a read", apierr.StripeError{HTTPStatus: 404}, aRead, codes.Unavailable, "STRIPE_UNAVAILABLE"},
	{"408 of a proxy on a write", apierr.StripeError{HTTPStatus: 408}, aCreate, codes.Unknown, "OUTCOME_PENDING"},
	{"409 that is not Stripe's", apierr.StripeError{HTTPStatus: 409}, aCreate, codes.Unknown, "OUTCOME_PENDING"},
	{
		"400 of a Stripe that does not know",
		apierr.StripeError{HTTPStatus: 400, Type: "api_error"},
		aCreate, codes.Unknown,
		"OUTCOME_PENDING",
	},
	{"redirect of a write", apierr.StripeError{HTTPStatus: 307}, aCreate, codes.Unknown, "OUTCOME_PENDING"},
	{
		"our key is bad",
		apierr.StripeError{HTTPStatus: 401, Type: "invalid_request_error"},
		aRead, codes.Internal,
		"STRIPE_CREDENTIALS",
	},
	{
		"our key lacks a right",
		apierr.StripeError{HTTPStatus: 403, Type: "invalid_request_error"},
		aCreate, codes.Internal,
		"STRIPE_CREDENTIALS",
	},
	{"our key expired", apierr.StripeError{HTTPStatus: 400, Type: "invalid_request_error", Code: "api_key_expired"}, aRead, codes.Internal, "STRIPE_CREDENTIALS"},
	{
		"account settings",
		apierr.StripeError{HTTPStatus: 400, Type: "invalid_request_error", Code: "payment_method_unactivated", Param: "payment_method_types"},
		aCreate, codes.Internal, "STRIPE_CONTRACT",
	},
}
