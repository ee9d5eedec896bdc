package app_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// badCreate is a change of a good request that must be refused. Nothing of what is sent may come back.
type badCreate struct {
	name   string
	change func(*paymentsv1.CreatePaymentRequest)
	code   codes.Code
	reason string
	field  string
}

var badAmounts = []badCreate{
	{"amount missing", func(r *paymentsv1.CreatePaymentRequest) { r.Amount = nil }, codes.InvalidArgument, "INVALID_FIELD", "amount"},
	{"amount 0", amount(0, "USD"), codes.InvalidArgument, "INVALID_FIELD", "amount.minor_units"},
	{"amount negative", amount(-1, "USD"), codes.InvalidArgument, "INVALID_FIELD", "amount.minor_units"},
	{"amount least int64", amount(math.MinInt64, "USD"), codes.InvalidArgument, "INVALID_FIELD", "amount.minor_units"},
	{"amount greatest int64", amount(math.MaxInt64, "USD"), codes.InvalidArgument, "INVALID_FIELD", "amount.minor_units"},
	{"amount of 9 digits", amount(100_000_000, "USD"), codes.InvalidArgument, "INVALID_FIELD", "amount.minor_units"},
	{"amount under Stripe's least", amount(49, "USD"), codes.InvalidArgument, "INVALID_FIELD", "amount.minor_units"},
	{"currency missing", amount(2000, ""), codes.InvalidArgument, "INVALID_FIELD", "amount.currency_code"},
	{"currency of two letters", amount(2000, "US"), codes.InvalidArgument, "INVALID_FIELD", "amount.currency_code"},
	{"currency unknown", amount(2000, "XYZ"), codes.InvalidArgument, "INVALID_FIELD", "amount.currency_code"},
	{
		"zero-decimal currency over its digits", amount(100_000_000_000, "JPY"), codes.InvalidArgument, "INVALID_FIELD",
		"amount.minor_units",
	},
	{
		"three-decimal currency that does not end in 0", amount(10_001, "KWD"), codes.InvalidArgument, "INVALID_FIELD",
		"amount.minor_units",
	},
	{"ISK with a part of a unit", amount(550, "ISK"), codes.InvalidArgument, "INVALID_FIELD", "amount.minor_units"},
}

var badCreates = []badCreate{
	{
		"customer unknown", func(r *paymentsv1.CreatePaymentRequest) { r.CustomerId = "cus_unknown" }, codes.InvalidArgument,
		"INVALID_FIELD", "customer_id",
	},
	{
		"customer of another kind", func(r *paymentsv1.CreatePaymentRequest) { r.CustomerId = "pi_123" }, codes.InvalidArgument,
		"INVALID_FIELD", "customer_id",
	},
	{
		"method unknown", func(r *paymentsv1.CreatePaymentRequest) { r.PaymentMethodId = "pm_unknown" }, codes.InvalidArgument,
		"INVALID_FIELD", "payment_method_id",
	},
	{
		"method of another kind", func(r *paymentsv1.CreatePaymentRequest) { r.PaymentMethodId = "cus_123" }, codes.InvalidArgument,
		"INVALID_FIELD", "payment_method_id",
	},
	{
		"nothing to charge", func(r *paymentsv1.CreatePaymentRequest) { r.PaymentMethodId = "" }, codes.FailedPrecondition,
		"PAYMENT_METHOD_REQUIRED", "",
	},
	{"key missing", key(""), codes.InvalidArgument, "INVALID_FIELD", "idempotency_key"},
	{"M-39 key too short", key("1234567"), codes.InvalidArgument, "INVALID_FIELD", "idempotency_key"},
	{"M-39 key too long", key(strings.Repeat("k", 129)), codes.InvalidArgument, "INVALID_FIELD", "idempotency_key"},
	{"M-39 key padded before", key(" order-1001"), codes.InvalidArgument, "INVALID_FIELD", "idempotency_key"},
	{"M-39 key padded behind", key("order-1001\n"), codes.InvalidArgument, "INVALID_FIELD", "idempotency_key"},
	{"M-39 key not ASCII", key("bestellung-\u00e4"), codes.InvalidArgument, "INVALID_FIELD", "idempotency_key"},
	{"M-39 key with a control character", key("order\x00-1001"), codes.InvalidArgument, "INVALID_FIELD", "idempotency_key"},
	{"50 pairs of metadata", func(r *paymentsv1.CreatePaymentRequest) {
		r.Metadata = map[string]string{}
		for i := range 50 {
			r.Metadata[strings.Repeat("k", i%40+1)+string(rune('a'+i%26))] = "v"
		}
	}, codes.InvalidArgument, "INVALID_FIELD", "metadata"},
	{"metadata key of 41 characters", metadataPair(strings.Repeat("k", 41), "v"), codes.InvalidArgument, "INVALID_FIELD", "metadata"},
	{"metadata key with brackets", metadataPair("a[b]", "v"), codes.InvalidArgument, "INVALID_FIELD", `metadata["a[b]"]`},
	{
		"metadata value of 501 characters", metadataPair("k", strings.Repeat("v", 501)), codes.InvalidArgument, "INVALID_FIELD",
		`metadata["k"]`,
	},
	{
		"M-59 metadata of ours", metadataPair("tillgate_operation", "op_1"), codes.InvalidArgument, "INVALID_FIELD",
		`metadata["tillgate_operation"]`,
	},
	{
		"description too long", func(r *paymentsv1.CreatePaymentRequest) { r.Description = strings.Repeat("d", 1001) },
		codes.InvalidArgument, "INVALID_FIELD", "description",
	},
	{
		"no e-mail address", func(r *paymentsv1.CreatePaymentRequest) { r.ReceiptEmail = "canary" }, codes.InvalidArgument,
		"INVALID_FIELD", "receipt_email",
	},
	{
		"no URL", func(r *paymentsv1.CreatePaymentRequest) { r.ReturnUrl = "canary" }, codes.InvalidArgument, "INVALID_FIELD",
		"return_url",
	},
	{"return_url without confirm", func(r *paymentsv1.CreatePaymentRequest) {
		r.Confirm, r.ReturnUrl = false, "https://example.com"
	}, codes.InvalidArgument, "INVALID_FIELD", "return_url"},
	{
		"off_session without confirm", func(r *paymentsv1.CreatePaymentRequest) { r.Confirm, r.OffSession = false, true },
		codes.InvalidArgument, "INVALID_FIELD", "off_session",
	},
	{
		"capture method unknown", func(r *paymentsv1.CreatePaymentRequest) { r.CaptureMethod = 99 }, codes.InvalidArgument,
		"INVALID_FIELD", "capture_method",
	},
	{
		"kind of method malformed", func(r *paymentsv1.CreatePaymentRequest) { r.PaymentMethodTypes = []string{"Card!"} },
		codes.InvalidArgument, "INVALID_FIELD", "payment_method_types[0]",
	},
	{
		"kind of method twice", func(r *paymentsv1.CreatePaymentRequest) { r.PaymentMethodTypes = []string{"card", "card"} },
		codes.InvalidArgument, "INVALID_FIELD", "payment_method_types",
	},
	{
		"statement descriptor with a star", func(r *paymentsv1.CreatePaymentRequest) { r.StatementDescriptorSuffix = "a*b" },
		codes.InvalidArgument, "INVALID_FIELD", "statement_descriptor_suffix",
	},
	{
		"card number in the description", func(r *paymentsv1.CreatePaymentRequest) { r.Description = "card 4242 4242 4242 4242" },
		codes.InvalidArgument, "INVALID_FIELD", "description",
	},
	{
		"card number in a metadata value", metadataPair("card", "4242424242424242"), codes.InvalidArgument, "INVALID_FIELD",
		`metadata["card"]`,
	},
	{"card number in a metadata key", metadataPair("4242-4242-4242-4242", "x"), codes.InvalidArgument, "INVALID_FIELD", "metadata"},
	{"card number as the key", key("4242424242424242"), codes.InvalidArgument, "INVALID_FIELD", "idempotency_key"},
	{
		"card number as the method", func(r *paymentsv1.CreatePaymentRequest) { r.PaymentMethodId = "4242424242424242" },
		codes.InvalidArgument, "INVALID_FIELD", "payment_method_id",
	},
}

func amount(minorUnits int64, currency string) func(*paymentsv1.CreatePaymentRequest) {
	return func(r *paymentsv1.CreatePaymentRequest) {
		r.Amount = &paymentsv1.Money{MinorUnits: minorUnits, CurrencyCode: currency}
	}
}

func key(k string) func(*paymentsv1.CreatePaymentRequest) {
	return func(r *paymentsv1.CreatePaymentRequest) { r.IdempotencyKey = k }
}

func metadataPair(k, v string) func(*paymentsv1.CreatePaymentRequest) {
	return func(r *paymentsv1.CreatePaymentRequest) { r.Metadata = map[string]string{k: v} }
}

func TestBadCreates(t *testing.T) { refuseAll(t, badCreates) }

// No amount that makes no sense, or that its currency does not have, comes as far as a charge.
func TestM48_BadAmounts(t *testing.T) { refuseAll(t, badAmounts) }

func refuseAll(t *testing.T, rows []badCreate) {
	t.Helper()
	p := startSandboxed(t)
	client := p.connect(t)
	for _, tt := range rows {
		t.Run(tt.name, func(t *testing.T) {
			request := order("bad-input-"+strings.ReplaceAll(tt.name, " ", "-"), "pm_card_visa")
			request.IdempotencyKey = strings.Map(keyCharacter, request.GetIdempotencyKey())
			tt.change(request)
			_, err := client.CreatePayment(dev(t), request)
			check(t, err, tt.code, tt.reason, tt.field)
		})
	}
	if entries := p.ledger(t); len(entries) != 0 {
		t.Errorf("money moved: %+v", entries)
	}
	if repeats(p.stderr.String()) {
		t.Error("the log repeats what was sent")
	}
}

// repeats says whether a text holds what was sent and must not come back. Four digits alone stand in times and ids too.
func repeats(text string) bool {
	for _, canary := range []string{"42424242", "4242 4242", "4242-4242", "canary"} {
		if strings.Contains(text, canary) {
			return true
		}
	}
	return false
}

func keyCharacter(r rune) rune {
	if strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-", r) {
		return r
	}
	return '-'
}

// check compares a failed call with what it should say: code, reason, and the first field where there is one.
func check(t *testing.T, err error, code codes.Code, reason, field string) {
	t.Helper()
	if status.Code(err) != code || reasonOf(err) != reason {
		t.Errorf("got %v (%s), want %v, %s", err, reasonOf(err), code, reason)
	}
	text := status.Convert(err).Proto().String()
	if repeats(text) {
		t.Errorf("the status repeats what was sent: %s", text)
	}
	if detail[*errdetails.RequestInfo](err).GetRequestId() == "" {
		t.Error("the status has no request id")
	}
	violations := detail[*errdetails.BadRequest](err).GetFieldViolations()
	switch {
	case field == "":
	case len(violations) == 0 || violations[0].GetField() != field:
		t.Errorf("the violations are %v, want one of %s", violations, field)
	case violations[0].GetDescription() == "":
		t.Errorf("nothing says what is wrong with %s", field)
	}
}

// Zero- and three-decimal currencies are collected in their own units.
func TestM48_Currencies(t *testing.T) {
	client := startSandboxed(t).connect(t)
	for _, tt := range []struct {
		minorUnits int64
		currency   string
		want       string
	}{
		{500, "JPY", "JPY"}, {500, "jpy", "JPY"}, {10_000, "KWD", "KWD"}, {500, "ISK", "ISK"}, {2000, "eUr", "EUR"},
	} {
		request := order("currency-"+tt.currency, "pm_card_visa")
		amount(tt.minorUnits, tt.currency)(request)
		got, err := client.CreatePayment(dev(t), request)
		received := got.GetPayment().GetAmountReceived()
		if err != nil || received.GetMinorUnits() != tt.minorUnits || received.GetCurrencyCode() != tt.want {
			t.Errorf("%d %s: %v, %v", tt.minorUnits, tt.currency, received, err)
		}
	}
}

func TestBadSubjects(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	paid, err := client.CreatePayment(dev(t), order("order-2001-attempt-1", "pm_card_visa"))
	if err != nil {
		t.Fatal(err)
	}
	empty := order("order-2002-attempt-1", "")
	empty.Confirm = false
	unpaid, err := client.CreatePayment(dev(t), empty)
	if err != nil {
		t.Fatal(err)
	}
	confirm := func(key, id, method string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := client.ConfirmPayment(ctx, &paymentsv1.ConfirmPaymentRequest{
				IdempotencyKey: key, PaymentId: id, PaymentMethodId: method,
			})
			return err
		}
	}
	get := func(id string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := client.GetPayment(ctx, &paymentsv1.GetPaymentRequest{PaymentId: id})
			return err
		}
	}
	for _, tt := range []struct {
		name   string
		call   func(context.Context) error
		code   codes.Code
		reason string
		field  string
	}{
		{"get unknown", get("pi_unknown"), codes.NotFound, "RESOURCE_MISSING", ""},
		{"get another kind", get("cus_123"), codes.InvalidArgument, "INVALID_FIELD", "payment_id"},
		{"get nothing", get(""), codes.InvalidArgument, "INVALID_FIELD", "payment_id"},
		{"get a path", get("pi_1/../../customers"), codes.InvalidArgument, "INVALID_FIELD", "payment_id"},
		{"get a card number", get("4242424242424242"), codes.InvalidArgument, "INVALID_FIELD", "payment_id"},
		{"confirm unknown", confirm("bad-subject-1", "pi_unknown", ""), codes.NotFound, "RESOURCE_MISSING", ""},
		{
			"confirm a paid one", confirm("bad-subject-2", paid.GetPayment().GetId(), "pm_card_visa"), codes.FailedPrecondition,
			"UNEXPECTED_STATE", "",
		},
		{
			"confirm with nothing to charge", confirm("bad-subject-3", unpaid.GetPayment().GetId(), ""), codes.FailedPrecondition,
			"PAYMENT_METHOD_REQUIRED", "",
		},
		{
			"confirm with an unknown method", confirm("bad-subject-4", unpaid.GetPayment().GetId(), "pm_unknown"),
			codes.InvalidArgument, "INVALID_FIELD", "payment_method_id",
		},
		{
			"confirm under a key of another confirm", confirm("bad-subject-4", paid.GetPayment().GetId(), "pm_unknown"),
			codes.InvalidArgument, "IDEMPOTENCY_KEY_REUSED", "idempotency_key",
		},
		{"rpc that does not exist", func(ctx context.Context) error {
			return p.conn(t).Invoke(ctx, "/payments.v1.PaymentService/NoSuch", &paymentsv1.Money{}, &paymentsv1.Money{})
		}, codes.Unimplemented, "NOT_IMPLEMENTED", ""},
		{"service that does not exist", func(ctx context.Context) error {
			return p.conn(t).Invoke(ctx, "/no.such.Service/Get", &paymentsv1.Money{}, &paymentsv1.Money{})
		}, codes.Unimplemented, "NOT_IMPLEMENTED", ""},
	} {
		t.Run(tt.name, func(t *testing.T) { check(t, tt.call(dev(t)), tt.code, tt.reason, tt.field) })
	}
	if err := get("pi_unknown")(dev(t)); detail[*errdetails.ResourceInfo](err).GetResourceName() != "pi_unknown" {
		t.Errorf("got %v, want ResourceInfo with the id", detail[*errdetails.ResourceInfo](err))
	}
	if err := confirm("bad-subject-6", paid.GetPayment().GetId(), "")(dev(t)); detail[*errdetails.ErrorInfo](err).
		GetMetadata()["state"] != "SUCCEEDED" {
		t.Errorf("got %v, want the state", detail[*errdetails.ErrorInfo](err))
	}
}

func TestBadCredentialsAndDeadlines(t *testing.T) {
	p := startSandboxed(t, "--callers", writeCallers(t, caller{"reader", "reader-token", "PAYMENTS_READ"}))
	client := p.connect(t)
	create := func(ctx context.Context) error {
		_, err := client.CreatePayment(ctx, order("order-3001-attempt-1", "pm_card_visa"))
		return err
	}
	within := func(limit time.Duration) context.Context {
		ctx, cancel := context.WithTimeout(dev(t), limit)
		t.Cleanup(cancel)
		return ctx
	}
	two := metadata.AppendToOutgoingContext(dev(t), "authorization", "Bearer sandbox")
	for _, tt := range []struct {
		name   string
		err    error
		code   codes.Code
		reason string
	}{
		{"no token", create(t.Context()), codes.Unauthenticated, "CREDENTIALS_INVALID"},
		{"wrong token", create(as(t, "wrong")), codes.Unauthenticated, "CREDENTIALS_INVALID"},
		{"two tokens", create(two), codes.Unauthenticated, "CREDENTIALS_INVALID"},
		{"token without the scope", create(as(t, "reader-token")), codes.PermissionDenied, "SCOPE_MISSING"},
	} {
		t.Run(tt.name, func(t *testing.T) { check(t, tt.err, tt.code, tt.reason, "") })
	}
	// With 40 ms to go, grpc-go of the caller may give up before our answer is there.
	if err := create(within(40 * time.Millisecond)); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("a deadline of 40 ms: %v, want DEADLINE_EXCEEDED", err)
	}
	check(t, create(within(400*time.Millisecond)), codes.DeadlineExceeded, "DEADLINE_TOO_SHORT", "")
	if entries := p.ledger(t); len(entries) != 0 {
		t.Fatalf("money moved: %+v", entries)
	}
	if err := create(metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer sandbox")); err != nil {
		t.Errorf("no deadline: %v", err)
	}
}

// grpc-go itself refuses a message above the limit before it reads it.
func TestA10_HugeMessage(t *testing.T) {
	client := startSandboxed(t).connect(t)
	for _, size := range []int{256<<10 + 1, 5 << 20} {
		request := order("order-4001-attempt-1", "pm_card_visa")
		request.Description = strings.Repeat("d", size)
		if _, err := client.CreatePayment(dev(t), request); status.Code(err) != codes.ResourceExhausted {
			t.Errorf("%d bytes: %v, want RESOURCE_EXHAUSTED", proto.Size(request), err)
		}
	}
}
