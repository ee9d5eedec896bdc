package redact_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// filler writes into every field of a message, and of the messages within.
type filler struct {
	skip   func() bool              // leaves a field out
	choose func(n int) int          // one of n alternatives
	text   func(marked bool) string // a value for a string or bytes field, or for one within a marked field
}

func (f *filler) message(m protoreflect.Message, marked bool) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		if oneof := fd.ContainingOneof(); oneof != nil && !oneof.IsSynthetic() || f.skip() {
			continue
		}
		f.field(m, fd, marked)
	}
	oneofs := m.Descriptor().Oneofs()
	for i := range oneofs.Len() {
		if oneof := oneofs.Get(i); !oneof.IsSynthetic() && !f.skip() {
			f.field(m, oneof.Fields().Get(f.choose(oneof.Fields().Len())), marked)
		}
	}
}

func (f *filler) field(m protoreflect.Message, fd protoreflect.FieldDescriptor, marked bool) {
	marked = marked || isMarked(fd)
	switch {
	case fd.IsMap():
		entries := m.Mutable(fd).Map()
		for range 2 {
			key := f.value(fd.MapKey(), entries.NewValue, marked).MapKey()
			entries.Set(key, f.value(fd.MapValue(), entries.NewValue, marked))
		}
	case fd.IsList():
		list := m.Mutable(fd).List()
		for range 2 {
			list.Append(f.value(fd, list.NewElement, marked))
		}
	default:
		m.Set(fd, f.value(fd, func() protoreflect.Value { return m.NewField(fd) }, marked))
	}
}

func (f *filler) value(
	fd protoreflect.FieldDescriptor, empty func() protoreflect.Value, marked bool,
) protoreflect.Value {
	switch fd.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(f.text(marked))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(f.text(marked)))
	case protoreflect.MessageKind, protoreflect.GroupKind:
		v := empty()
		f.message(v.Message(), marked)
		return v
	case protoreflect.EnumKind:
		values := fd.Enum().Values()
		return protoreflect.ValueOfEnum(values.Get(values.Len() - 1).Number())
	default:
		return empty() // Numbers and flags hold no marker.
	}
}

func isMarked(fd protoreflect.FieldDescriptor) bool {
	options, ok := fd.Options().(*descriptorpb.FieldOptions)
	return ok && options.GetDebugRedact()
}

// messagesOfPayments returns all message types of payments.v1, nested ones too.
func messagesOfPayments(tb testing.TB) []protoreflect.MessageType {
	tb.Helper()
	paymentsPackage := (&paymentsv1.Payment{}).ProtoReflect().Descriptor().ParentFile().Package()
	var types []protoreflect.MessageType
	var add func(protoreflect.MessageDescriptors)
	add = func(messages protoreflect.MessageDescriptors) {
		for i := range messages.Len() {
			message := messages.Get(i)
			if message.IsMapEntry() {
				continue
			}
			kind, err := protoregistry.GlobalTypes.FindMessageByName(message.FullName())
			if err != nil {
				tb.Fatalf("find %s: %v", message.FullName(), err)
			}
			types = append(types, kind)
			add(message.Messages())
		}
	}
	protoregistry.GlobalFiles.RangeFilesByPackage(paymentsPackage, func(file protoreflect.FileDescriptor) bool {
		add(file.Messages())
		return true
	})
	if len(types) < 20 {
		tb.Fatalf("found %d messages in payments.v1, want more", len(types))
	}
	return types
}

// longestOneof returns how many alternatives the largest oneof of the message, or of one within it, has, at least 1.
func longestOneof(message protoreflect.MessageDescriptor) int {
	longest := 1
	oneofs := message.Oneofs()
	for i := range oneofs.Len() {
		longest = max(longest, oneofs.Get(i).Fields().Len())
	}
	fields := message.Fields()
	for i := range fields.Len() {
		if within := fields.Get(i).Message(); within != nil {
			longest = max(longest, longestOneof(within))
		}
	}
	return longest
}

// wire returns the encoded m, in which no text is escaped.
func wire(tb testing.TB, m proto.Message) string {
	tb.Helper()
	encoded, err := proto.MarshalOptions{AllowPartial: true}.Marshal(m)
	if err != nil {
		tb.Fatalf("marshal: %v", err)
	}
	return string(encoded)
}
