package redact_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
	"google.golang.org/protobuf/types/known/anypb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/redact"
)

func TestPublicTakesOutWhatIsMarked(t *testing.T) {
	customer := &paymentsv1.Customer{
		Id: "cus_1", Name: "<marker>", Email: "<marker>", Phone: "<marker>", Description: "<marker>",
		Address:  &paymentsv1.Address{Line1: "<marker>", City: "<marker>"},
		Metadata: map[string]string{"<marker>": "<marker>"}, Delinquent: true,
	}
	before := proto.Clone(customer)
	got := redact.Public(customer)
	if text := wire(t, got); strings.Contains(text, "<marker>") || strings.Contains(text, "redacted") {
		t.Errorf("it keeps %v", got)
	}
	if c := got.(*paymentsv1.Customer); c.GetId() != "cus_1" || !c.GetDelinquent() || c.GetName() != "" {
		t.Errorf("got %v", c)
	}
	if !proto.Equal(before, customer) {
		t.Errorf("the message went from %v to %v", before, customer)
	}
	if redact.Public(nil) != nil {
		t.Error("of nothing there is something")
	}
}

// TestPublicClearsEveryKindOfField: what is marked is absent, with no trace that it was there.
func TestPublicClearsEveryKindOfField(t *testing.T) {
	for name, field := range map[string]*descriptorpb.FieldDescriptorProto{
		"string":             single(descriptorpb.FieldDescriptorProto_TYPE_STRING),
		"string of a oneof":  inOneof(single(descriptorpb.FieldDescriptorProto_TYPE_STRING)),
		"strings":            repeated(single(descriptorpb.FieldDescriptorProto_TYPE_STRING)),
		"bytes":              single(descriptorpb.FieldDescriptorProto_TYPE_BYTES),
		"message":            single(descriptorpb.FieldDescriptorProto_TYPE_MESSAGE),
		"messages":           repeated(single(descriptorpb.FieldDescriptorProto_TYPE_MESSAGE)),
		"number of a oneof":  inOneof(single(descriptorpb.FieldDescriptorProto_TYPE_INT64)),
		"message of a oneof": inOneof(single(descriptorpb.FieldDescriptorProto_TYPE_MESSAGE)),
	} {
		t.Run(name, func(t *testing.T) {
			for _, marked := range []bool{true, false} {
				field.Options = &descriptorpb.FieldOptions{DebugRedact: new(marked)}
				m := dynamicpb.NewMessage(messageWith(t, field))
				f := filler{
					skip:   func() bool { return false },
					choose: func(int) int { return 0 },
					text:   func(bool) string { return "<marker>" },
				}
				f.message(m, false)
				public := redact.Public(m)
				if !marked && !proto.Equal(m, public) {
					t.Errorf("an unmarked field went from %v to %v", m, public)
				}
				if marked && proto.Size(public) != 0 {
					t.Errorf("a marked field holds %v, want nothing", public)
				}
			}
		})
	}
}

// TestPublicGoesWithin maps, lists and Anys, and drops what nobody knows.
func TestPublicGoesWithin(t *testing.T) {
	unknown := protowire.AppendString(protowire.AppendTag(nil, 9999, protowire.BytesType), "<marker>")
	payment := &paymentsv1.Payment{Id: "pi_1", ReceiptEmail: "<marker>", Amount: &paymentsv1.Money{MinorUnits: 1}}
	payment.ProtoReflect().SetUnknown(unknown)
	payment.GetAmount().ProtoReflect().SetUnknown(unknown)
	clean := &paymentsv1.Payment{Id: "pi_1", Amount: &paymentsv1.Money{MinorUnits: 1}}
	for _, tt := range []struct {
		name    string
		m, want proto.Message
	}{
		{"itself", payment, clean},
		{
			"list", &paymentsv1.ListPaymentsResponse{Payments: []*paymentsv1.Payment{payment, clean}},
			&paymentsv1.ListPaymentsResponse{Payments: []*paymentsv1.Payment{clean, clean}},
		},
		{"Any", pack(t, payment), pack(t, clean)},
		{
			"Any in a list", &status.Status{Details: []*anypb.Any{pack(t, pack(t, payment))}},
			&status.Status{Details: []*anypb.Any{pack(t, pack(t, clean))}},
		},
		{"unknown type", &anypb.Any{TypeUrl: "x/<marker>", Value: []byte("<marker>")}, &anypb.Any{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, redact.Public(tt.m), protocmp.Transform()); diff != "" {
				t.Errorf("Public differs (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPublicOfAllMessages: filled to the brim, no message of payments.v1 keeps what is marked, and all of them keep the
// rest. What was taken out once is not there to be taken out again.
func TestPublicOfAllMessages(t *testing.T) {
	for _, kind := range messagesOfPayments(t) {
		for alternative := range longestOneof(kind.Descriptor()) {
			m := kind.New()
			f := filler{
				skip:   func() bool { return false },
				choose: func(n int) int { return alternative % n },
				text: func(marked bool) string {
					if marked {
						return marker
					}
					return "open"
				},
			}
			f.message(m, false)
			public := redact.Public(m.Interface())
			if strings.Contains(wire(t, public), marker) {
				t.Errorf("%s keeps %v", kind.Descriptor().FullName(), public)
			}
			if !proto.Equal(public, redact.Public(public)) {
				t.Errorf("%s changes the second time", kind.Descriptor().FullName())
			}
			want := proto.Clone(m.Interface()).ProtoReflect()
			clearMarked(want)
			if diff := cmp.Diff(want.Interface(), public, protocmp.Transform()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", kind.Descriptor().FullName(), diff)
			}
		}
	}
}

// clearMarked is what Public is for, said once more.
func clearMarked(m protoreflect.Message) {
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case isMarked(fd):
			m.Clear(fd)
		case fd.IsMap() && fd.MapValue().Message() != nil:
			v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
				clearMarked(v.Message())
				return true
			})
		case fd.IsList() && fd.Message() != nil:
			for i := range v.List().Len() {
				clearMarked(v.List().Get(i).Message())
			}
		case fd.Message() != nil && !fd.IsMap() && fd.Message().FullName() != "google.protobuf.Any":
			clearMarked(v.Message())
		}
		return true
	})
}
