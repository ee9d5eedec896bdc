package stripegw_test

import (
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/pan"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// updateOf is a request to change these paths.
func updateOf(payment *paymentsv1.Payment, paths ...string) *paymentsv1.UpdatePaymentRequest {
	req := &paymentsv1.UpdatePaymentRequest{
		IdempotencyKey: "order-1001-update-1", PaymentId: "pi_1", Payment: payment,
	}
	if len(paths) > 0 {
		req.UpdateMask = &fieldmaskpb.FieldMask{Paths: paths}
	}
	return req
}

func leastUpdate() *paymentsv1.UpdatePaymentRequest {
	return updateOf(&paymentsv1.Payment{Description: "Order 1001"})
}

// fullUpdate changes every field that can be changed.
func fullUpdate() *paymentsv1.UpdatePaymentRequest {
	return updateOf(&paymentsv1.Payment{
		Amount: usd(1200), CustomerId: "cus_1", PaymentMethodId: "pm_1", PaymentMethodTypes: []string{"card", "link"},
		CaptureMethod:    paymentsv1.CaptureMethod_CAPTURE_METHOD_MANUAL,
		SetupFutureUsage: paymentsv1.SetupFutureUsage_SETUP_FUTURE_USAGE_ON_SESSION,
		Description:      "Order 1001", StatementDescriptor: "SHOP ORDER", StatementDescriptorSuffix: "ORDER",
		ReceiptEmail: "jane@example.com", Metadata: map[string]string{"order": "1001", "old": ""},
	}, stripegw.UpdatePaths()...)
}

var fullUpdateForm = []string{
	"expand[0]=latest_charge", "amount=1200", "currency=usd", "customer=cus_1", "payment_method=pm_1",
	"payment_method_types[0]=card", "payment_method_types[1]=link", "capture_method=manual",
	"setup_future_usage=on_session",
	"description=Order 1001", "statement_descriptor=SHOP ORDER", "statement_descriptor_suffix=ORDER",
	"receipt_email=jane@example.com", "metadata[order]=1001", "metadata[old]=",
}

func TestPrepareUpdate(t *testing.T) {
	g := newGateway(t, "http://127.0.0.1:1")
	unmasked := fullUpdate()
	unmasked.UpdateMask = nil
	read := proto.CloneOf(unmasked)
	read.UpdateMask = &fieldmaskpb.FieldMask{}
	read.Payment.Id, read.Payment.State, read.Payment.Livemode = "pi_1",
		paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED, true
	read.Payment.AmountReceived = usd(1)
	for _, tt := range []struct {
		name string
		req  *paymentsv1.UpdatePaymentRequest
		form []string
	}{
		{"all by the mask", fullUpdate(), fullUpdateForm},
		{"all that is set", unmasked, fullUpdateForm},
		{"a payment as it was read", read, fullUpdateForm},
		{"one field of many", updateOf(unmasked.GetPayment(), "description"), []string{
			"expand[0]=latest_charge", "description=Order 1001",
		}},
		{"a path twice", updateOf(unmasked.GetPayment(), "amount", "amount"), []string{
			"expand[0]=latest_charge", "amount=1200", "currency=usd",
		}},
		{"cleared", updateOf(
			&paymentsv1.Payment{}, "setup_future_usage", "description", "statement_descriptor", "statement_descriptor_suffix",
			"receipt_email",
		), []string{
			"expand[0]=latest_charge", "setup_future_usage=", "description=", "statement_descriptor=",
			"statement_descriptor_suffix=", "receipt_email=",
		}},
		{"a pair removed", updateOf(&paymentsv1.Payment{Metadata: map[string]string{"order": ""}}, "metadata"), []string{
			"expand[0]=latest_charge", "metadata[order]=",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checkPrepared(t, g, tt.req, stripegw.Request{Method: "POST", Path: "/v1/payment_intents/pi_1"}, tt.form)
		})
	}
}

// Every refusal names what is wrong, and none repeats what may be a secret.
func TestPrepareUpdateRefuses(t *testing.T) {
	g := newGateway(t, "http://127.0.0.1:1")
	long := strings.Repeat("x", 200)
	for _, tt := range []struct {
		name  string
		req   *paymentsv1.UpdatePaymentRequest
		field string
		says  string
	}{
		{"nothing", updateOf(&paymentsv1.Payment{}), "update_mask", "no field set"},
		{"no payment", updateOf(nil), "update_mask", "no field set"},
		{"nothing but output", updateOf(&paymentsv1.Payment{Id: "pi_1", Livemode: true}), "update_mask", "no field set"},
		{"everything", updateOf(fullUpdate().GetPayment(), "*"), "update_mask", "`*`"},
		{"unknown", updateOf(fullUpdate().GetPayment(), "colour"), "update_mask", "`colour`, which is no field"},
		{
			"unknown behind a good one", updateOf(fullUpdate().GetPayment(), "description", "colour"), "update_mask",
			"`colour`",
		},
		{"JSON's name", updateOf(fullUpdate().GetPayment(), "receiptEmail"), "update_mask", "`receiptEmail`"},
		{"output only", updateOf(fullUpdate().GetPayment(), "state"), "update_mask", "`state`, which is output only"},
		{"in an output only one", updateOf(fullUpdate().GetPayment(), "latest_charge.id"), "update_mask", "output only"},
		{"a part of an amount", updateOf(fullUpdate().GetPayment(), "amount.minor_units"), "update_mask", "name `amount`"},
		{"a part of nothing", updateOf(fullUpdate().GetPayment(), "colour.red"), "update_mask", "`colour.red`"},
		{"one pair", updateOf(fullUpdate().GetPayment(), "metadata.order"), "update_mask", "name `metadata`"},
		{"empty path", updateOf(fullUpdate().GetPayment(), ""), "update_mask", "has a path that is no field"},
		{"a sentence", updateOf(fullUpdate().GetPayment(), "the "+canary), "update_mask", "has a path that is no field"},
		{
			"a card number", updateOf(fullUpdate().GetPayment(), "card.4242424242424242"), "update_mask",
			"has a path that is no field",
		},
		{"very long", updateOf(fullUpdate().GetPayment(), long), "update_mask", "has a path that is no field"},
		{"amount cleared", updateOf(&paymentsv1.Payment{}, "amount"), "update_mask", "`amount`, which is not set"},
		{
			"customer cleared", updateOf(&paymentsv1.Payment{}, "customer_id"), "update_mask",
			"`customer_id`, which is not set",
		},
		{"method cleared", updateOf(&paymentsv1.Payment{}, "payment_method_id"), "update_mask", "`payment_method_id`"},
		{"kinds cleared", updateOf(&paymentsv1.Payment{}, "payment_method_types"), "update_mask", "`payment_method_types`"},
		{"capture cleared", updateOf(&paymentsv1.Payment{}, "capture_method"), "update_mask", "`capture_method`"},
		{"metadata cleared", updateOf(&paymentsv1.Payment{}, "metadata"), "update_mask", "with an empty value"},
		{"amount 0", updateOf(&paymentsv1.Payment{Amount: usd(0)}), "payment.amount.minor_units", "greater than 0"},
		{
			"no currency", updateOf(&paymentsv1.Payment{Amount: &paymentsv1.Money{MinorUnits: 1}}),
			"payment.amount.currency_code", "currency",
		},
		{
			"capture method unknown", updateOf(&paymentsv1.Payment{CaptureMethod: 99}), "payment.capture_method",
			"CaptureMethod",
		},
		{
			"usage unknown", updateOf(&paymentsv1.Payment{SetupFutureUsage: 99}), "payment.setup_future_usage",
			"SetupFutureUsage",
		},
		{
			"M-59 our own pair", updateOf(&paymentsv1.Payment{Metadata: map[string]string{"tillgate_operation": ""}}),
			`payment.metadata["tillgate_operation"]`, "Tillgate's own",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := prepareOnly(g, tt.req, operationID)
			wantReason(t, err, invalidField)
			if got := field(err); got != tt.field {
				t.Errorf("field = %q, want %q", got, tt.field)
			}
			if got := description(err); !strings.Contains(got, tt.says) {
				t.Errorf("it says %q, want %q", got, tt.says)
			}
			if text := visible(err); strings.Contains(text, canary) || pan.Contains(text) || strings.Contains(text, long) {
				t.Errorf("the error repeats what was sent:\n%s", text)
			}
		})
	}
}

// TestUpdateKnowsEveryField: a field of Payment is one that an update can name, or its comment says that it is output
// only; never both.
func TestUpdateKnowsEveryField(t *testing.T) {
	updatable := map[string]bool{}
	for _, path := range stripegw.UpdatePaths() {
		updatable[path] = true
	}
	comments := fieldComments(t, "Payment")
	if len(comments) < 28 {
		t.Fatalf("found %d fields", len(comments))
	}
	for name, comment := range comments {
		outputOnly := strings.HasPrefix(strings.TrimSpace(comment), "Output only.")
		if updatable[name] == outputOnly {
			t.Errorf("%s: in the table %t, output only %t", name, updatable[name], outputOnly)
		}
		delete(updatable, name)
	}
	for name := range updatable {
		t.Errorf("%s is in the table and no field of Payment", name)
	}
}

// fieldComments is the comment of every field of a message, from the contract's image.
func fieldComments(t *testing.T, message string) map[string]string {
	t.Helper()
	data, err := os.ReadFile("../../../gen/payments.binpb")
	if err != nil {
		t.Fatal(err)
	}
	var image descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(data, &image); err != nil {
		t.Fatal(err)
	}
	comments := map[string]string{}
	for _, file := range image.GetFile() {
		for _, location := range file.GetSourceCodeInfo().GetLocation() {
			// 4 is messages, 2 is fields: descriptor.proto.
			path := location.GetPath()
			if file.GetPackage() != "payments.v1" || len(path) != 4 || path[0] != 4 || path[2] != 2 ||
				file.GetMessageType()[path[1]].GetName() != message {
				continue
			}
			comments[file.GetMessageType()[path[1]].GetField()[path[3]].GetName()] = location.GetLeadingComments()
		}
	}
	return comments
}

// FuzzUpdateMask: whatever the mask names, an update is refused with INVALID_FIELD or sends what was named and no more.
func FuzzUpdateMask(f *testing.F) {
	for _, paths := range []string{
		"", "*", "amount", "amount,description", "state", "metadata.order", "metadata", "latest_charge.id", ".",
		"a..b", "\x00",
	} {
		f.Add(paths, "Order 1001", int64(1200), "USD", "order", "1001")
	}
	f.Fuzz(func(t *testing.T, paths, text string, units int64, currency, key, value string) {
		g := newGateway(t, "http://127.0.0.1:1")
		payment := &paymentsv1.Payment{
			Description: text, ReceiptEmail: value, Amount: &paymentsv1.Money{MinorUnits: units, CurrencyCode: currency},
			Metadata: map[string]string{key: value}, PaymentMethodTypes: []string{text},
		}
		names := strings.Split(paths, ",")
		r, err := prepareOnly(g, updateOf(payment, names...), operationID)
		if err != nil {
			if got := reason(t, err); got != invalidField {
				t.Errorf("%q: %v", paths, got)
			}
			if pan.Contains(description(err)) {
				t.Errorf("%q: the refusal repeats a card number", paths)
			}
			return
		}
		form, err := url.ParseQuery(r.Form)
		if err != nil {
			t.Fatal(err)
		}
		form.Del("expand[0]")
		for _, name := range names {
			for param := range form {
				base, _, _ := strings.Cut(param, "[")
				if stripegw.UpdateParams(name)[base] {
					form.Del(param)
				}
			}
		}
		if len(form) != 0 {
			t.Errorf("%q: it also sends %v", paths, form)
		}
	})
}

// description is what an error says about its first field.
func description(err error) string {
	var ours *apierr.Error
	if !errors.As(err, &ours) {
		return ""
	}
	for _, detail := range ours.Details {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			return bad.GetFieldViolations()[0].GetDescription()
		}
	}
	return ""
}
