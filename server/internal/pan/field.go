package pan

import (
	"fmt"
	"slices"
	"strconv"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const maxKeyLength = 40

// FindField looks for a card number in every text of m: strings, bytes, keys and values of maps, in lists and nested
// messages too, but not in the fields with these full names. It returns the path of the first field that holds one, as in
// `payment.description`, `payment_method_types[1]` or `metadata["color"]`. The path never holds any of the number: a key
// stands in it only where it is short, printable and no card number itself.
func FindField(m proto.Message, except ...protoreflect.FullName) (path string, found bool) {
	if m == nil {
		return "", false
	}
	return finder{except}.findInMessage(m.ProtoReflect())
}

// finder looks for card numbers in all fields but some.
type finder struct {
	except []protoreflect.FullName
}

// findInMessage answers with the field of the lowest number, since the order of Range changes from call to call and a
// repeated request should get the same answer.
func (f finder) findInMessage(m protoreflect.Message) (path string, found bool) {
	var first protoreflect.FieldNumber
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if found && fd.Number() > first || slices.Contains(f.except, fd.FullName()) {
			return true
		}
		if rest, ok := f.findInField(fd, v); ok {
			path, found, first = fd.TextName()+rest, true, fd.Number()
		}
		return true
	})
	return path, found
}

func (f finder) findInField(fd protoreflect.FieldDescriptor, v protoreflect.Value) (path string, found bool) {
	switch {
	case fd.IsMap():
		return f.findInMap(fd, v.Map())
	case fd.IsList():
		list := v.List()
		for i := range list.Len() {
			if rest, ok := f.findInValue(fd, list.Get(i)); ok {
				return "[" + strconv.Itoa(i) + "]" + rest, true
			}
		}
		return "", false
	default:
		return f.findInValue(fd, v)
	}
}

// findInMap answers with the least path, for the same reason as findInMessage.
func (f finder) findInMap(fd protoreflect.FieldDescriptor, entries protoreflect.Map) (path string, found bool) {
	entries.Range(func(key protoreflect.MapKey, v protoreflect.Value) bool {
		rest, ok := f.findInValue(fd.MapValue(), v)
		if Contains(key.String()) {
			rest, ok = "", true
		} else if ok {
			rest = keyText(key) + rest
		}
		if ok && (!found || rest < path) {
			path, found = rest, true
		}
		return true
	})
	return path, found
}

// findInValue looks into one value of a field, an element of a list or a value of a map.
func (f finder) findInValue(fd protoreflect.FieldDescriptor, v protoreflect.Value) (path string, found bool) {
	switch fd.Kind() {
	case protoreflect.StringKind:
		return "", Contains(v.String())
	case protoreflect.BytesKind:
		return "", Contains(string(v.Bytes()))
	case protoreflect.MessageKind, protoreflect.GroupKind:
		if rest, ok := f.findInMessage(v.Message()); ok {
			return "." + rest, true
		}
		return "", false
	default:
		return "", false // Numbers, flags and enums: an amount in yen may look like a card number.
	}
}

// keyText renders a key that may be repeated to the caller and in the log, and nothing for another.
func keyText(key protoreflect.MapKey) string {
	text, isText := key.Interface().(string)
	if !isText {
		return fmt.Sprintf("[%v]", key.Interface())
	}
	if len(text) > maxKeyLength {
		return ""
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return ""
		}
	}
	return "[" + strconv.Quote(text) + "]"
}
