package canonical_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/canonical"
)

const idempotencyKey protoreflect.Name = "idempotency_key"

func hash(m proto.Message) string { return hex.EncodeToString(canonical.Hash(m, idempotencyKey)) }

func TestHashStartsWithItsVersion(t *testing.T) {
	got := canonical.Hash(&paymentsv1.CancelRefundRequest{})
	if len(got) != 33 || got[0] != 1 {
		t.Errorf("got %x, want the version 1 and 32 bytes", got)
	}
}

// The hash says whether two requests are the same, and not how they were written.
func TestHashTellsRequestsApart(t *testing.T) {
	base := func() *paymentsv1.CreatePaymentRequest {
		return &paymentsv1.CreatePaymentRequest{
			IdempotencyKey: "order-1001-attempt-1", Amount: &paymentsv1.Money{MinorUnits: 2000, CurrencyCode: "USD"},
			PaymentMethodTypes: []string{"card", "link"}, Metadata: map[string]string{"a": "1", "b": "2"},
		}
	}
	capture := func(final *bool) *paymentsv1.CapturePaymentRequest {
		return &paymentsv1.CapturePaymentRequest{PaymentId: "pi_1", FinalCapture: final}
	}
	changed := func(change func(r *paymentsv1.CreatePaymentRequest)) proto.Message {
		req := base()
		change(req)
		return req
	}
	for _, tt := range []struct {
		name string
		x, y proto.Message
		same bool
	}{
		{"the same", base(), base(), true},
		{"another key", base(), changed(func(r *paymentsv1.CreatePaymentRequest) { r.IdempotencyKey = "other-key" }), true},
		{"a list in another order", base(), changed(func(r *paymentsv1.CreatePaymentRequest) {
			slices.Reverse(r.GetPaymentMethodTypes())
		}), true},
		{"a list with a value twice", base(), changed(func(r *paymentsv1.CreatePaymentRequest) {
			r.PaymentMethodTypes = append(r.PaymentMethodTypes, "card")
		}), false},
		{"two values that read the same together", base(), changed(func(r *paymentsv1.CreatePaymentRequest) {
			r.PaymentMethodTypes = []string{"cardlink"}
		}), false},
		{
			"an empty list", changed(func(r *paymentsv1.CreatePaymentRequest) { r.PaymentMethodTypes = nil }),
			changed(func(r *paymentsv1.CreatePaymentRequest) { r.PaymentMethodTypes = []string{} }), true,
		},
		{
			"an empty map", changed(func(r *paymentsv1.CreatePaymentRequest) { r.Metadata = nil }),
			changed(func(r *paymentsv1.CreatePaymentRequest) { r.Metadata = map[string]string{} }), true,
		},
		{"values of a map changed about", base(), changed(func(r *paymentsv1.CreatePaymentRequest) {
			r.Metadata = map[string]string{"a": "2", "b": "1"}
		}), false},
		{"a pair less", base(), changed(func(r *paymentsv1.CreatePaymentRequest) { delete(r.GetMetadata(), "b") }), false},
		{"another amount", base(), changed(func(r *paymentsv1.CreatePaymentRequest) { r.Amount.MinorUnits++ }), false},
		{"a currency in another case", base(), changed(func(r *paymentsv1.CreatePaymentRequest) {
			r.Amount.CurrencyCode = "usd"
		}), false},
		{
			"no amount and an empty one", changed(func(r *paymentsv1.CreatePaymentRequest) { r.Amount = nil }),
			changed(func(r *paymentsv1.CreatePaymentRequest) { r.Amount = &paymentsv1.Money{} }), false,
		},
		{
			"a text in another field", &paymentsv1.CreatePaymentRequest{CustomerId: "x"},
			&paymentsv1.CreatePaymentRequest{PaymentMethodId: "x"}, false,
		},
		{"optional, false and absent", capture(new(false)), capture(nil), false},
		{"optional, false and true", capture(new(false)), capture(new(true)), false},
		{"optional, the same", capture(new(false)), capture(new(false)), true},
		{
			"two rpcs with the same fields", &paymentsv1.CancelPaymentRequest{PaymentId: "pi_1"},
			&paymentsv1.ConfirmPaymentRequest{PaymentId: "pi_1"}, false,
		},
		{"fields that are not known", base(), withUnknown(base()), true},
		{"fields inside that are not known", base(), changed(func(r *paymentsv1.CreatePaymentRequest) {
			withUnknown(r.GetAmount())
		}), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if same := hash(tt.x) == hash(tt.y); same != tt.same {
				t.Errorf("the hashes are the same: %t, want %t", same, tt.same)
			}
		})
	}
}

// withUnknown adds fields as a client of a newer contract sends them.
func withUnknown[T proto.Message](m T) T {
	unknown := protowire.AppendTag(nil, 9999, protowire.BytesType)
	m.ProtoReflect().SetUnknown(protowire.AppendString(unknown, "canary"))
	return m
}

// What is left out is left out of the message itself, not of those inside.
func TestExceptIsNotDeep(t *testing.T) {
	update := func(id string) *paymentsv1.UpdatePaymentRequest {
		return &paymentsv1.UpdatePaymentRequest{PaymentId: "pi_1", Payment: &paymentsv1.Payment{CustomerId: id}}
	}
	if bytes.Equal(canonical.Hash(update("cus_1"), "customer_id"), canonical.Hash(update("cus_2"), "customer_id")) {
		t.Error("a field of the message inside was left out")
	}
	cancel := func(id string) *paymentsv1.CancelRefundRequest { return &paymentsv1.CancelRefundRequest{RefundId: id} }
	if !bytes.Equal(canonical.Hash(cancel("re_1"), "refund_id"), canonical.Hash(cancel("re_2"), "refund_id")) {
		t.Error("a field was not left out")
	}
}

// Go walks a map in another order each time.
func TestMapsHaveNoOrder(t *testing.T) {
	req := &paymentsv1.CreateRefundRequest{Metadata: map[string]string{}}
	for i := range 49 {
		req.Metadata[fmt.Sprint("key", i)] = strconv.Itoa(i)
	}
	want := hash(req)
	for range 100 {
		if got := hash(proto.CloneOf(req)); got != want {
			t.Fatalf("the hash changed from %s to %s", want, got)
		}
	}
}

// A form is never the beginning of another one, so that what is written behind it can not be taken for a part of it.
func TestFormsHaveAnEnd(t *testing.T) {
	short := canonical.Append(nil, (&paymentsv1.CancelPaymentRequest{PaymentId: "pi_1"}).ProtoReflect())
	long := canonical.Append(nil, (&paymentsv1.CancelPaymentRequest{
		PaymentId: "pi_1", CancellationReason: paymentsv1.CancellationReason_CANCELLATION_REASON_DUPLICATE,
	}).ProtoReflect())
	if bytes.HasPrefix(long, short) {
		t.Errorf("%x begins with %x", long, short)
	}
	if got := canonical.AppendString([]byte{7}, "ab"); !bytes.Equal(got, []byte{7, 0, 0, 0, 2, 'a', 'b'}) {
		t.Errorf("a text is written as %x", got)
	}
}

// FuzzHash: whatever bytes a client sends, a second reading and a copy have the same hash.
func FuzzHash(f *testing.F) {
	for _, golden := range goldenHashes {
		data, err := proto.Marshal(golden.req)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, req := range []proto.Message{
			&paymentsv1.CreatePaymentRequest{}, &paymentsv1.UpdatePaymentRequest{}, &paymentsv1.CapturePaymentRequest{},
			&fieldmaskpb.FieldMask{},
		} {
			if err := proto.Unmarshal(data, req); err != nil {
				continue
			}
			again := req.ProtoReflect().New().Interface()
			written, err := proto.Marshal(req)
			if err == nil {
				err = proto.Unmarshal(written, again)
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(hash(req), hash(again)); diff != "" {
				t.Errorf("the hash of %v changed (-want +got):\n%s", req, diff)
			}
		}
	})
}
