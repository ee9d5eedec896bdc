// Package canonical writes messages in a form that is the same in every build, which protobuf's own encoding does not
// promise: for hashes that are kept, and for tokens that come back to another build. It can not be read back. It is a
// leaf: it knows no other package of the server.
//
// The form is the full name of the message, then its fields. Two messages have the same form exactly if they have the same
// name and the same known fields with the same values, where
//   - a field without presence that holds its default value is not set, and one with presence that holds it is;
//   - the entries of a map have no order;
//   - nor have the values of a list, but for those named in ordered: any other list in a request of the contract is a set,
//     such as that of the wanted states, and a client may make it from a set of its own, in another order at each try. How
//     often a value stands there counts;
//   - fields that this build does not know are left out, at any depth: they change nothing here. A field that becomes
//     known later therefore makes another form of the same bytes.
package canonical

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// version is the first byte of a hash. It changes with the form.
const version = 1

// Hash returns the version of the form and the SHA-256 of the message in it, without these fields of the message itself:
// 33 bytes. Hashes of two versions do not say whether two messages are the same.
func Hash(m proto.Message, except ...protoreflect.Name) []byte {
	digest := sha256.Sum256(Append(nil, m.ProtoReflect(), except...))
	return append([]byte{version}, digest[:]...)
}

// Append writes a message, its name first, so that those of two types never read the same. Of its own fields, but not of
// those of the messages inside, these are left out.
func Append(b []byte, m protoreflect.Message, except ...protoreflect.Name) []byte {
	b = AppendString(b, string(m.Descriptor().FullName()))
	return appendFields(b, m, except...)
}

// AppendString writes a text with its length in front.
func AppendString(b []byte, s string) []byte {
	return append(appendLength(b, len(s)), s...)
}

// appendFields writes the fields that are set, by number, each with its value, and then a 0, which is no number.
func appendFields(b []byte, m protoreflect.Message, except ...protoreflect.Name) []byte {
	var set []protoreflect.FieldDescriptor
	m.Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		if !slices.Contains(except, field.Name()) {
			set = append(set, field)
		}
		return true
	})
	slices.SortFunc(set, func(x, y protoreflect.FieldDescriptor) int { return int(x.Number()) - int(y.Number()) })
	for _, field := range set {
		b = binary.BigEndian.AppendUint32(b, uint32(field.Number())) //nolint:gosec // a field's number is positive
		b = appendValue(b, field, m.Get(field))
	}
	return binary.BigEndian.AppendUint32(b, 0)
}

func appendValue(b []byte, field protoreflect.FieldDescriptor, value protoreflect.Value) []byte {
	switch {
	case field.IsMap():
		return appendMap(b, field, value.Map())
	case field.IsList():
		return appendList(b, value.List(), slices.Contains(ordered, field.FullName()))
	default:
		return appendSingle(b, value)
	}
}

// ordered are the lists in which the order means something. A list must stand here from its first day on, or never: its
// hashes are kept.
var ordered = []protoreflect.FullName{"payments.v1.Customer.preferred_locales"}

// appendList writes the values of a set in the order of their encodings, not in theirs.
func appendList(b []byte, list protoreflect.List, isOrdered bool) []byte {
	values := make([]string, list.Len())
	for i := range values {
		values[i] = string(appendSingle(nil, list.Get(i)))
	}
	if !isOrdered {
		slices.Sort(values)
	}
	b = appendLength(b, len(values))
	for _, value := range values {
		b = append(b, value...)
	}
	return b
}

// appendMap writes the entries in the order of their encoded keys.
func appendMap(b []byte, field protoreflect.FieldDescriptor, entries protoreflect.Map) []byte {
	values := map[string]protoreflect.Value{}
	var keys []string
	entries.Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
		encoded := string(appendSingle(nil, key.Value()))
		keys, values[encoded] = append(keys, encoded), value
		return true
	})
	slices.Sort(keys)
	b = appendLength(b, len(keys))
	for _, key := range keys {
		b = append(b, key...)
		b = appendValue(b, field.MapValue(), values[key])
	}
	return b
}

// appendSingle writes one value. Of which kind it is follows from its field, so that it need not be told.
func appendSingle(b []byte, value protoreflect.Value) []byte {
	switch v := value.Interface().(type) {
	case bool:
		if v {
			return append(b, 1)
		}
		return append(b, 0)
	case int32:
		return appendInt(b, int64(v))
	case int64:
		return appendInt(b, v)
	case uint32:
		return binary.BigEndian.AppendUint64(b, uint64(v))
	case uint64:
		return binary.BigEndian.AppendUint64(b, v)
	case float32:
		return binary.BigEndian.AppendUint64(b, math.Float64bits(float64(v)))
	case float64:
		return binary.BigEndian.AppendUint64(b, math.Float64bits(v))
	case protoreflect.EnumNumber:
		return appendInt(b, int64(v))
	case string:
		return AppendString(b, v)
	case []byte:
		return AppendString(b, string(v))
	case protoreflect.Message:
		return appendFields(b, v)
	default: // protoreflect has no other kind.
		return b
	}
}

func appendInt(b []byte, v int64) []byte {
	return binary.BigEndian.AppendUint64(b, uint64(v)) //nolint:gosec // only to tell values apart
}

func appendLength(b []byte, n int) []byte {
	return binary.BigEndian.AppendUint32(b, uint32(n)) //nolint:gosec // a request is far smaller
}
