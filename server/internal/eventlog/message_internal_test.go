package eventlog

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/seal"
	"github.com/tillgate/tillgate/server/internal/store"
)

// An event whose object can not be opened, or is none of ours, still has all else, and names the object.
func TestMessageOf(t *testing.T) {
	t.Parallel()
	keys, err := seal.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	sealed := func(id string, m proto.Message) []byte {
		b, err := sealMessage(keys, publicPurpose, id, m)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	payment := &paymentsv1.Payment{Id: "pi_1", LatestCharge: &paymentsv1.Charge{Id: "ch_1"}}
	large := &paymentsv1.Payment{Id: "pi_1", StatementDescriptor: string(make([]byte, maxPayload))}
	reference := &paymentsv1.ObjectReference{ObjectType: "payment_intent", ObjectId: "pi_1"}
	for _, tt := range []struct {
		name     string
		resource []byte
		want     proto.Message
		fails    bool
	}{
		{"an object", sealed("pi_1", payment), payment, false},
		{"a reference", sealed("pi_1", reference), reference, false},
		{"too large", sealed("pi_1", large), reference, false},
		{"another object's", sealed("pi_2", payment), reference, true},
		{"no object of an event", sealed("pi_1", &paymentsv1.Money{}), reference, true},
		{"damaged", []byte("x"), reference, true},
		{"nothing", nil, reference, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			at := time.Unix(1700000000, 0)
			m, err := messageOf(keys, store.LogEvent{
				Event: store.Event{
					ObjectID: "pi_1", ObjectKind: "payment_intent", Kind: "payment_intent.created", Cause: "evt_1",
					StripeEventID: "evt_1", Resource: tt.resource,
				},
				Position: 7, Time: at,
			})
			if (err != nil) != tt.fails {
				t.Errorf("the error is %v", err)
			}
			if m.GetPosition() != 7 || m.GetType() != paymentsv1.EventType_EVENT_TYPE_PAYMENT_CREATED ||
				m.GetId() != store.EventID("pi_1", "payment_intent.created", "evt_1") || !m.GetOccurTime().AsTime().Equal(at) {
				t.Errorf("the event is %v", m)
			}
			got := m.ProtoReflect().Get(m.ProtoReflect().WhichOneof(
				m.ProtoReflect().Descriptor().Oneofs().ByName("payload"))).Message().Interface()
			if !proto.Equal(got, tt.want) {
				t.Errorf("the payload is a %T", got)
			}
		})
	}
}
