package pagetoken

import (
	"encoding/binary"
	"math"
	"slices"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// The fields of every list that are no arguments: they change from page to page.
const (
	pageSize  protoreflect.Name = "page_size"
	pageToken protoreflect.Name = "page_token"
)

// appendArguments writes what a page depends on in a form that is the same in every build, which protobuf's own
// encoding does not promise: the name of the request, so that tokens of two rpcs never meet, then its fields.
func appendArguments(b []byte, m protoreflect.Message) []byte {
	b = appendString(b, string(m.Descriptor().FullName()))
	return appendFields(b, m, pageSize, pageToken)
}

// appendFields writes the fields that are set, by number, each with its value, and then a 0, which is no number. What a
// newer contract may hold beyond the known fields is left out: it changes nothing here.
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
		return appendSet(b, value.List())
	default:
		return appendSingle(b, value)
	}
}

// appendSet writes the values of a list in the order of their encodings: a list among the arguments of a list is a set,
// such as that of the wanted states, and clients may keep it in any order.
func appendSet(b []byte, list protoreflect.List) []byte {
	values := make([]string, list.Len())
	for i := range values {
		values[i] = string(appendSingle(nil, list.Get(i)))
	}
	slices.Sort(values)
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
		return appendString(b, v)
	case []byte:
		return appendString(b, string(v))
	case protoreflect.Message:
		return appendFields(b, v)
	default: // protoreflect has no other kind.
		return b
	}
}

func appendInt(b []byte, v int64) []byte {
	return binary.BigEndian.AppendUint64(b, uint64(v)) //nolint:gosec // only to tell values apart
}

func appendString(b []byte, s string) []byte {
	return append(appendLength(b, len(s)), s...)
}

func appendLength(b []byte, n int) []byte {
	return binary.BigEndian.AppendUint32(b, uint32(n)) //nolint:gosec // a request is far smaller
}
