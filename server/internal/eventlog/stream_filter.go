package eventlog

import (
	"cmp"
	"slices"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/store"
)

// picker is a filter that is asked of one event after the other. It keeps the lists of the message itself, which are short:
// ten thousand streams have one each.
type picker struct {
	types   []paymentsv1.EventType
	objects []string
}

func newPicker(filter *paymentsv1.EventFilter) picker {
	return picker{types: filter.GetTypes(), objects: filter.GetObjectIds()}
}

// all is whether nothing is left out.
func (p picker) all() bool { return len(p.types) == 0 && len(p.objects) == 0 }

// picks is whether an event of this type and object is wanted.
func (p picker) picks(kind paymentsv1.EventType, objectID string) bool {
	return (len(p.types) == 0 || slices.Contains(p.types, kind)) &&
		(len(p.objects) == 0 || slices.Contains(p.objects, objectID))
}

// logFilter is the same for the store. What is not modelled has many names there: it is what has none of the others.
func (p picker) logFilter() store.LogFilter {
	f := store.LogFilter{ObjectIDs: p.objects}
	switch {
	case len(p.types) == 0:
	case slices.Contains(p.types, paymentsv1.EventType_EVENT_TYPE_UNSPECIFIED):
		wanted := kindsOf(p.types)
		f.NotKinds = slices.DeleteFunc(allKinds(), func(kind string) bool { return slices.Contains(wanted, kind) })
	default:
		f.Kinds = kindsOf(p.types)
	}
	return f
}

// sameFilter is whether two filters have the same in their lists, in whatever order.
func sameFilter(a, b *paymentsv1.EventFilter) bool {
	return sameSet(a.GetTypes(), b.GetTypes()) && sameSet(a.GetObjectIds(), b.GetObjectIds())
}

func sameSet[T cmp.Ordered](a, b []T) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// encodeFilter writes a filter for the store.
func encodeFilter(filter *paymentsv1.EventFilter) ([]byte, error) {
	return proto.MarshalOptions{Deterministic: true}.Marshal(filter)
}

// decodeFilter reads it back.
func decodeFilter(data []byte) (*paymentsv1.EventFilter, error) {
	filter := &paymentsv1.EventFilter{}
	return filter, proto.Unmarshal(data, filter)
}
