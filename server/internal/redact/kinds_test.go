package redact_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/redact"
)

// payments.v1 marks strings and maps. The kinds below are what it may mark one day.
func TestMessageMasksEveryKindOfField(t *testing.T) {
	for _, tt := range []struct {
		name  string
		field *descriptorpb.FieldDescriptorProto
		want  string // what a marked field holds afterwards, where it is not cleared
	}{
		{"string", single(descriptorpb.FieldDescriptorProto_TYPE_STRING), "[redacted]"},
		{"string of a oneof", inOneof(single(descriptorpb.FieldDescriptorProto_TYPE_STRING)), "[redacted]"},
		{"strings", repeated(single(descriptorpb.FieldDescriptorProto_TYPE_STRING)), ""},
		{"bytes", single(descriptorpb.FieldDescriptorProto_TYPE_BYTES), ""},
		{"message", single(descriptorpb.FieldDescriptorProto_TYPE_MESSAGE), ""},
		{"message of a oneof", inOneof(single(descriptorpb.FieldDescriptorProto_TYPE_MESSAGE)), ""},
		{"messages", repeated(single(descriptorpb.FieldDescriptorProto_TYPE_MESSAGE)), ""},
		{"number", inOneof(single(descriptorpb.FieldDescriptorProto_TYPE_INT64)), ""},
		{"flag", inOneof(single(descriptorpb.FieldDescriptorProto_TYPE_BOOL)), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, marked := range []bool{true, false} {
				tt.field.Options = &descriptorpb.FieldOptions{DebugRedact: new(marked)}
				m := dynamicpb.NewMessage(messageWith(t, tt.field))
				fd := m.Descriptor().Fields().ByName("field")
				f := filler{
					skip:   func() bool { return false },
					choose: func(int) int { return 0 },
					text:   func(bool) string { return "<marker>" },
				}
				f.message(m, false)

				masked := redact.Message(m).ProtoReflect()

				switch {
				case !marked && !proto.Equal(m, masked.Interface()):
					t.Errorf("an unmarked field went from %v to %v", m, masked)
				case marked && tt.want != "" && masked.Get(fd).String() != tt.want:
					t.Errorf("a marked field holds %v, want %s", masked.Get(fd), tt.want)
				case marked && tt.want == "" && masked.Has(fd):
					t.Errorf("a marked field holds %v, want nothing", masked.Get(fd))
				}
			}
		})
	}
}

func TestMessageKeepsAnEmptyStringEmpty(t *testing.T) {
	field := inOneof(single(descriptorpb.FieldDescriptorProto_TYPE_STRING))
	field.Options = &descriptorpb.FieldOptions{DebugRedact: new(true)}
	m := dynamicpb.NewMessage(messageWith(t, field))
	m.Set(m.Descriptor().Fields().ByName("field"), protoreflect.ValueOfString(""))
	if masked := redact.Message(m); !proto.Equal(m, masked) {
		t.Errorf("Message = %v, want %v", masked, m)
	}
}

func TestMessageDropsUnknownFields(t *testing.T) {
	unknown := protowire.AppendString(protowire.AppendTag(nil, 9999, protowire.BytesType), "<marker>")
	m := &paymentsv1.Payment{Id: "pi_1", Amount: &paymentsv1.Money{MinorUnits: 1}}
	m.ProtoReflect().SetUnknown(unknown)
	m.GetAmount().ProtoReflect().SetUnknown(unknown)
	masked := redact.Message(m)
	if strings.Contains(redact.Text(m), "<marker>") || strings.Contains(wire(t, masked), "<marker>") {
		t.Errorf("Message = %v, want no unknown fields", masked)
	}
	if len(m.ProtoReflect().GetUnknown()) == 0 {
		t.Error("the original lost its unknown fields")
	}
}

func single(kind descriptorpb.FieldDescriptorProto_Type) *descriptorpb.FieldDescriptorProto {
	field := &descriptorpb.FieldDescriptorProto{
		Name:   new("field"),
		Number: proto.Int32(1),
		Type:   kind.Enum(),
		Label:  descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
	}
	if kind == descriptorpb.FieldDescriptorProto_TYPE_MESSAGE {
		field.TypeName = new(".test.Inner")
	}
	return field
}

func repeated(field *descriptorpb.FieldDescriptorProto) *descriptorpb.FieldDescriptorProto {
	field.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
	return field
}

func inOneof(field *descriptorpb.FieldDescriptorProto) *descriptorpb.FieldDescriptorProto {
	field.OneofIndex = proto.Int32(0)
	return field
}

// messageWith describes a message with the field alone.
func messageWith(t *testing.T, field *descriptorpb.FieldDescriptorProto) protoreflect.MessageDescriptor {
	t.Helper()
	outer := &descriptorpb.DescriptorProto{
		Name:  new("Outer"),
		Field: []*descriptorpb.FieldDescriptorProto{field},
	}
	if field.OneofIndex != nil {
		outer.OneofDecl = []*descriptorpb.OneofDescriptorProto{{Name: new("alternatives")}}
	}
	text := single(descriptorpb.FieldDescriptorProto_TYPE_STRING)
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name:    new("test.proto"),
		Package: new("test"),
		Syntax:  new("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{outer, {
			Name:  new("Inner"),
			Field: []*descriptorpb.FieldDescriptorProto{text},
		}},
	}, nil)
	if err != nil {
		t.Fatalf("describe the message: %v", err)
	}
	return file.Messages().ByName("Outer")
}
