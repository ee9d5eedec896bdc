package redact

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

const (
	nameOfAny = "google.protobuf.Any"

	// fieldTypeURL and fieldValue are the numbers of Any's fields. Any is read by reflection, since it may be a dynamic
	// message as well as an anypb.Any.
	fieldTypeURL = 1
	fieldValue   = 2

	// maxAnys bounds how deep Anys may stand in each other: every level copies all that is below it.
	maxAnys = 8
)

// any puts the redacted form of what m holds in its place, or empties m. An empty m loses its type's name too, as
// that may be any text.
func (k masking) any(m protoreflect.Message, anys int) {
	fields := m.Descriptor().Fields()
	typeURL, value := fields.ByNumber(fieldTypeURL), fields.ByNumber(fieldValue)
	name, packed := m.Get(typeURL).String(), m.Get(value).Bytes()
	proto.Reset(m.Interface())
	if anys == maxAnys {
		return
	}
	kind, err := protoregistry.GlobalTypes.FindMessageByURL(name)
	if err != nil {
		return
	}
	inner := kind.New()
	if err := proto.Unmarshal(packed, inner.Interface()); err != nil {
		return
	}
	k.message(inner, anys+1)
	masked, err := proto.MarshalOptions{Deterministic: true}.Marshal(inner.Interface())
	if err != nil {
		return
	}
	// The full name alone: what stands before it in the URL of the sender may be any text.
	m.Set(typeURL, protoreflect.ValueOfString("type.googleapis.com/"+string(inner.Descriptor().FullName())))
	m.Set(value, protoreflect.ValueOfBytes(masked))
}
