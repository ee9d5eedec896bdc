// Package redact makes messages fit to be logged: it applies the option `debug_redact`, which Go's protobuf knows but
// ignores in everything that it prints. What is personal or secret is said once, in the proto files, and nothing is
// listed here. It must not log, and must not change the message that it is given. It is a leaf: it knows no other
// package of the server.
package redact

import (
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

const mask = "[redacted]"

// Message returns a deep copy of m in which a string with `debug_redact` reads "[redacted]", unless it is empty, and
// any other field with `debug_redact` is cleared. A google.protobuf.Any is redacted within; where its type is not known
// here it is emptied. Unknown fields are dropped, since nobody knows whether they are marked.
func Message(m proto.Message) proto.Message {
	if m == nil {
		return nil
	}
	masked := proto.Clone(m)
	masking{}.message(masked.ProtoReflect(), 0)
	return masked
}

// Text returns the redacted m in one line of the protobuf text format. It is for people: its spaces may change.
func Text(m proto.Message) string {
	return prototext.MarshalOptions{}.Format(Message(m))
}

// masking is what becomes of what is marked.
type masking struct {
	// clears is whether strings are cleared too, rather than masked.
	clears bool
}

// message changes m, which stands within so many Anys.
func (k masking) message(m protoreflect.Message, anys int) {
	if !m.IsValid() {
		return // It is empty and can not be written to.
	}
	if m.Descriptor().FullName() == nameOfAny {
		k.any(m, anys)
		return
	}
	if len(m.GetUnknown()) > 0 {
		m.SetUnknown(nil)
	}
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if isMarked(fd) {
			k.field(m, fd, v)
		} else {
			k.within(fd, v, anys)
		}
		return true
	})
}

// field masks a marked field.
func (k masking) field(m protoreflect.Message, fd protoreflect.FieldDescriptor, v protoreflect.Value) {
	switch {
	case k.clears || fd.Kind() != protoreflect.StringKind || fd.Cardinality() == protoreflect.Repeated:
		m.Clear(fd)
	case v.String() != "": // An empty string is there where the field has presence.
		m.Set(fd, protoreflect.ValueOfString(mask))
	}
}

// within masks the messages that an unmarked field holds.
func (k masking) within(fd protoreflect.FieldDescriptor, v protoreflect.Value, anys int) {
	switch {
	case fd.IsMap():
		if fd.MapValue().Message() == nil {
			return
		}
		v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
			k.message(v.Message(), anys)
			return true
		})
	case fd.Message() == nil:
		return
	case fd.IsList():
		for i := range v.List().Len() {
			k.message(v.List().Get(i).Message(), anys)
		}
	default:
		k.message(v.Message(), anys)
	}
}

// isMarked takes a field for marked where its options can not be read.
func isMarked(fd protoreflect.FieldDescriptor) bool {
	options, ok := fd.Options().(*descriptorpb.FieldOptions)
	return !ok || options.GetDebugRedact()
}
