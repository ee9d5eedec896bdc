package app_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

func changed(key, id string, payment *paymentsv1.Payment, paths ...string) *paymentsv1.UpdatePaymentRequest {
	request := &paymentsv1.UpdatePaymentRequest{IdempotencyKey: key, PaymentId: id, Payment: payment}
	if len(paths) > 0 {
		request.UpdateMask = &fieldmaskpb.FieldMask{Paths: paths}
	}
	return request
}

// change makes an update that must succeed.
func change(
	t *testing.T, client paymentsv1.PaymentServiceClient, request *paymentsv1.UpdatePaymentRequest,
) *paymentsv1.Payment {
	t.Helper()
	updated, err := client.UpdatePayment(dev(t), request)
	if err != nil {
		t.Fatal(err)
	}
	return updated.GetPayment()
}

// unconfirmed is a payment that nobody has tried to collect.
func unconfirmed(t *testing.T, client paymentsv1.PaymentServiceClient, key string) *paymentsv1.Payment {
	t.Helper()
	request := order(key, "")
	request.Confirm, request.Metadata = false, map[string]string{"order": "1001", "shop": "north"}
	return create(t, client, request)
}

func TestUpdate(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	payment := unconfirmed(t, client, "update-1001-attempt-1")
	everything := &paymentsv1.Payment{
		Amount:             &paymentsv1.Money{MinorUnits: 1500, CurrencyCode: "EUR"},
		PaymentMethodTypes: []string{"card"}, CaptureMethod: paymentsv1.CaptureMethod_CAPTURE_METHOD_MANUAL,
		SetupFutureUsage: paymentsv1.SetupFutureUsage_SETUP_FUTURE_USAGE_OFF_SESSION,
		Description:      "Order 1001", StatementDescriptor: "SHOP ORDER", StatementDescriptorSuffix: "ORDER",
		ReceiptEmail: "jane@example.com", Metadata: map[string]string{"order": "1002", "shop": "", "till": "7"},
	}
	request := changed("update-1001-update-1", payment.GetId(), everything)
	first, err := client.UpdatePayment(dev(t), request)
	if err != nil {
		t.Fatal(err)
	}
	want := proto.CloneOf(payment)
	proto.Merge(want, everything)
	want.PaymentMethodTypes = []string{"card"}
	want.Metadata = map[string]string{"order": "1002", "till": "7"}
	for _, money := range []*paymentsv1.Money{
		want.GetAmountCapturable(), want.GetAmountReceived(), want.GetAmountRefunded(),
	} {
		money.CurrencyCode = "EUR"
	}
	if !proto.Equal(first.GetPayment(), want) || first.GetReplayed() {
		t.Errorf("got %v, want %v", first, want)
	}
	again, err := client.UpdatePayment(dev(t), request)
	if err != nil || !again.GetReplayed() || !proto.Equal(again.GetPayment(), want) {
		t.Errorf("again: %v, %v, want a replay", again, err)
	}

	// The mask names what is changed: the rest stays, whatever stands in the message. What it names and is not set is
	// cleared.
	masked := change(t, client, changed("update-1001-update-2", payment.GetId(), &paymentsv1.Payment{
		Description: "Order 1002", Amount: usd(1), ReceiptEmail: "john@example.com",
	}, "description", "statement_descriptor", "statement_descriptor_suffix", "setup_future_usage"))
	want.Description, want.StatementDescriptor, want.StatementDescriptorSuffix = "Order 1002", "", ""
	want.SetupFutureUsage = paymentsv1.SetupFutureUsage_SETUP_FUTURE_USAGE_UNSPECIFIED
	if !proto.Equal(masked, want) {
		t.Errorf("got %v, want %v", masked, want)
	}
	cleared := change(t, client, changed("update-1001-update-3", payment.GetId(), &paymentsv1.Payment{},
		"receipt_email", "description"))
	if cleared.GetReceiptEmail() != "" || cleared.GetDescription() != "" {
		t.Errorf("got %v, want neither e-mail nor description", cleared)
	}

	method := change(t, client, changed("update-1001-update-4", payment.GetId(),
		&paymentsv1.Payment{PaymentMethodId: visa}))
	if method.GetState() != needsConfirmation || !strings.HasPrefix(method.GetPaymentMethodId(), "pm_") {
		t.Errorf("got %v, want a method and REQUIRES_CONFIRMATION", method)
	}
	if n := len(p.ledger(t)); n != 0 {
		t.Errorf("%d movements of money, want none", n)
	}
	if log := p.stderr.String(); strings.Contains(log, "jane@") || strings.Contains(log, "Order 100") {
		t.Error("the log holds what was sent")
	}
}

// A payment that was read can be sent back with a change: what is output only is passed over.
func TestUpdateWithAReadPayment(t *testing.T) {
	client := startSandboxed(t).connect(t)
	payment := unconfirmed(t, client, "update-1501-attempt-1")
	mine := proto.CloneOf(payment)
	mine.Description = "Order 1501"
	if got := change(t, client, changed("update-1501-update-1", payment.GetId(), mine)); !proto.Equal(got, mine) {
		t.Errorf("got %v, want %v", got, mine)
	}
}

// Our pair in the metadata is how a lost answer is found: no update reaches it, and no answer shows it.
func TestM59_OurMetadataStays(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	payment := unconfirmed(t, client, "update-2001-attempt-1")
	pairs := func() map[string]string {
		var intent struct{ Metadata map[string]string }
		p.stripe(t, "/v1/payment_intents/"+payment.GetId(), &intent)
		return intent.Metadata
	}
	operation := pairs()["tillgate_operation"]
	if !strings.HasPrefix(operation, "op_") {
		t.Fatalf("the metadata at Stripe is %v", pairs())
	}
	change(t, client, changed("update-2001-update-1", payment.GetId(), &paymentsv1.Payment{
		Metadata: map[string]string{"order": "", "shop": "", "new": "1"},
	}, "metadata"))
	for _, value := range []string{"", "op_other"} {
		_, err := client.UpdatePayment(dev(t), changed("update-2001-update-2", payment.GetId(), &paymentsv1.Payment{
			Metadata: map[string]string{"tillgate_operation": value},
		}, "metadata"))
		check(t, err, codes.InvalidArgument, "INVALID_FIELD", `payment.metadata["tillgate_operation"]`)
	}
	if got := pairs(); len(got) != 2 || got["tillgate_operation"] != operation || got["new"] != "1" {
		t.Errorf("the metadata at Stripe is %v, want ours and the new pair", got)
	}
	if got := read(t, client, payment.GetId()).GetMetadata(); len(got) != 1 || got["new"] != "1" {
		t.Errorf("callers see %v, want the new pair", got)
	}
}

func TestBadUpdates(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	payment := unconfirmed(t, client, "update-3001-attempt-1")
	some := &paymentsv1.Payment{Description: "canary", Amount: usd(100)}
	amountOf := func(units int64, currency string) *paymentsv1.Payment {
		return &paymentsv1.Payment{Amount: &paymentsv1.Money{MinorUnits: units, CurrencyCode: currency}}
	}
	tooMany := &paymentsv1.Payment{Metadata: map[string]string{}}
	for i := range 50 {
		tooMany.Metadata[strings.Repeat("k", i%40+1)+string(rune('a'+i%26))] = ""
	}
	for _, tt := range []struct {
		name    string
		payment *paymentsv1.Payment
		paths   []string
		field   string
	}{
		{"nothing", &paymentsv1.Payment{}, nil, "update_mask"},
		{"no payment", nil, []string{"description"}, "payment"},
		{"everything", some, []string{"*"}, "update_mask"},
		{"unknown path", some, []string{"description", "colour"}, "update_mask"},
		{"output-only path", some, []string{"state"}, "update_mask"},
		{"path into an output-only field", some, []string{"latest_charge.captured"}, "update_mask"},
		{"path into an amount", some, []string{"amount.minor_units"}, "update_mask"},
		{"path to one pair", some, []string{"metadata.order"}, "update_mask"},
		{"empty path", some, []string{""}, "update_mask"},
		{"path that is a sentence", some, []string{"the canary's own"}, "update_mask"},
		{"path with a card number", some, []string{"card 4242 4242 4242 4242"}, "update_mask.paths[0]"},
		{"amount that is named and not set", &paymentsv1.Payment{}, []string{"amount"}, "update_mask"},
		{"customer that is named and not set", &paymentsv1.Payment{}, []string{"customer_id"}, "update_mask"},
		{"metadata that is named and empty", &paymentsv1.Payment{}, []string{"metadata"}, "update_mask"},
		{"M-48 no amount", amountOf(0, "USD"), nil, "payment.amount.minor_units"},
		{"M-48 a negative amount", amountOf(-1, "USD"), nil, "payment.amount.minor_units"},
		{"M-48 9 digits", amountOf(100_000_000, "USD"), nil, "payment.amount.minor_units"},
		{"M-48 the greatest integer", amountOf(math.MaxInt64, "USD"), nil, "payment.amount.minor_units"},
		{"M-48 under Stripe's least", amountOf(49, "USD"), nil, "payment.amount.minor_units"},
		{"M-48 dinars that do not end in 0", amountOf(10_001, "KWD"), nil, "payment.amount.minor_units"},
		{"M-48 a part of a krona", amountOf(550, "ISK"), nil, "payment.amount.minor_units"},
		{"unknown currency", amountOf(1000, "XYZ"), nil, "payment.amount.currency_code"},
		{"no currency", amountOf(1000, ""), nil, "payment.amount.currency_code"},
		{"unknown customer", &paymentsv1.Payment{CustomerId: "cus_unknown"}, nil, "payment.customer_id"},
		{"unknown method", &paymentsv1.Payment{PaymentMethodId: "pm_unknown"}, nil, "payment.payment_method_id"},
		{"method of another kind", &paymentsv1.Payment{PaymentMethodId: "cus_1"}, nil, "payment.payment_method_id"},
		{
			"unknown kind of method", &paymentsv1.Payment{PaymentMethodTypes: []string{"barter"}}, nil,
			"payment.payment_method_types",
		},
		{"unknown capture method", &paymentsv1.Payment{CaptureMethod: 99}, nil, "payment.capture_method"},
		{"long description", &paymentsv1.Payment{Description: strings.Repeat("d", 1001)}, nil, "payment.description"},
		{"50 pairs", tooMany, nil, "payment.metadata"},
		{
			"a pair with a bracket", &paymentsv1.Payment{Metadata: map[string]string{"a[b]": "1"}}, nil,
			`payment.metadata["a[b]"]`,
		},
		{"no e-mail address", &paymentsv1.Payment{ReceiptEmail: "canary"}, nil, "payment.receipt_email"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			key := "bad-update-" + strings.Map(keyCharacter, tt.name)
			_, err := client.UpdatePayment(dev(t), changed(key, payment.GetId(), tt.payment, tt.paths...))
			check(t, err, codes.InvalidArgument, "INVALID_FIELD", tt.field)
		})
	}
	if got := read(t, client, payment.GetId()); !proto.Equal(got, payment) {
		t.Errorf("the payment was changed: %v", got)
	}
	_, err := client.UpdatePayment(dev(t), changed("bad-update-unknown", "pi_unknown", some))
	check(t, err, codes.NotFound, "RESOURCE_MISSING", "")
}

// What a payment is about can be said at any time; what it costs, only until the money moves.
func TestUpdateInTheWrongState(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	ended := create(t, client, held("update-4003-attempt-1"))
	if _, err := client.CancelPayment(dev(t), &paymentsv1.CancelPaymentRequest{
		IdempotencyKey: "update-4003-cancel-1", PaymentId: ended.GetId(),
	}); err != nil {
		t.Fatal(err)
	}
	for state, payment := range map[string]*paymentsv1.Payment{
		"SUCCEEDED":        create(t, client, order("update-4001-attempt-1", visa)),
		"REQUIRES_CAPTURE": create(t, client, held("update-4002-attempt-1")),
		"CANCELED":         ended,
	} {
		before := p.moved(t)
		for path, payload := range map[string]*paymentsv1.Payment{
			"amount": {Amount: usd(1000)}, "payment_method_id": {PaymentMethodId: visa},
			"receipt_email":  {ReceiptEmail: "jane@example.com"},
			"capture_method": {CaptureMethod: paymentsv1.CaptureMethod_CAPTURE_METHOD_MANUAL},
		} {
			_, err := client.UpdatePayment(dev(t), changed("update-4000-"+state+"-"+path, payment.GetId(), payload, path))
			checkState(t, err, state)
		}
		got := change(t, client, changed("update-4000-"+state, payment.GetId(), &paymentsv1.Payment{
			Description: "Order 4000", Metadata: map[string]string{"shop": "north"},
		}))
		if got.GetDescription() != "Order 4000" || got.GetMetadata()["shop"] != "north" ||
			got.GetState() != payment.GetState() && state != "CANCELED" {
			t.Errorf("%s: got %v, want another description and metadata", state, got)
		}
		if moved := p.moved(t); !slices.Equal(moved, before) {
			t.Errorf("%s: money moved: %v, before %v", state, moved, before)
		}
	}
}
