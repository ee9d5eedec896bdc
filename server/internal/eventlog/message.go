package eventlog

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/redact"
	"github.com/tillgate/tillgate/server/internal/seal"
	"github.com/tillgate/tillgate/server/internal/store"
)

// What is sealed for what: the body of a delivery for the delivery's id, and an object's message for the object's,
// whole or as everybody may read it.
const (
	bodyPurpose   = "delivery/body"
	objectPurpose = "object/resource"
	publicPurpose = "event/resource"
)

// maxPayload is how large an object may be in an event, in bytes: a stream sends up to 100 of them, and clients take 4
// MiB.
const maxPayload = 1 << 20

// errResource is why the object of an event can not be told.
var errResource = errors.New("the object of the event is not one of ours")

// messageOf is an event as it is told: its object, or what it is called where that is too large. Where the object can
// not be opened or read, there is an event all the same, which names it, beside the error: a reader must not stop there
// for good, and it is for the log.
func messageOf(keys *seal.Keys, e store.LogEvent) (*paymentsv1.Event, error) {
	m := &paymentsv1.Event{
		Id: store.EventID(e.ObjectID, e.Kind, e.Cause), Type: TypeOf(e.Kind), RawType: e.Kind, Position: e.Position,
		OccurTime: timestamppb.New(e.Occurred), PublishTime: timestamppb.New(e.Time), ObjectId: e.ObjectID, Cause: e.Cause,
		OperationId: e.OperationID, StripeEventId: e.StripeEventID,
	}
	if e.Occurred.IsZero() {
		m.OccurTime = m.GetPublishTime()
	}
	resource, err := openMessage(keys, publicPurpose, e.ObjectID, e.Resource)
	if err != nil {
		setPayload(m, referenceTo(e.ObjectKind, e.ObjectID))
		return m, err
	}
	if proto.Size(resource) > maxPayload {
		resource = referenceTo(e.ObjectKind, e.ObjectID)
	}
	if !setPayload(m, resource) {
		setPayload(m, referenceTo(e.ObjectKind, e.ObjectID))
		return m, errResource
	}
	return m, nil
}

// setPayload puts an object into its place in an event. It is false where there is none for it.
func setPayload(e *paymentsv1.Event, resource proto.Message) bool {
	switch resource := resource.(type) {
	case *paymentsv1.Payment:
		e.Payload = &paymentsv1.Event_Payment{Payment: resource}
	case *paymentsv1.Refund:
		e.Payload = &paymentsv1.Event_Refund{Refund: resource}
	case *paymentsv1.Customer:
		e.Payload = &paymentsv1.Event_Customer{Customer: resource}
	case *paymentsv1.PaymentMethod:
		e.Payload = &paymentsv1.Event_PaymentMethod{PaymentMethod: resource}
	case *paymentsv1.SetupIntent:
		e.Payload = &paymentsv1.Event_SetupIntent{SetupIntent: resource}
	case *paymentsv1.Subscription:
		e.Payload = &paymentsv1.Event_Subscription{Subscription: resource}
	case *paymentsv1.Invoice:
		e.Payload = &paymentsv1.Event_Invoice{Invoice: resource}
	case *paymentsv1.Plan:
		e.Payload = &paymentsv1.Event_Plan{Plan: resource}
	case *paymentsv1.Dispute:
		e.Payload = &paymentsv1.Event_Dispute{Dispute: resource}
	case *paymentsv1.ObjectReference:
		e.Payload = &paymentsv1.Event_Reference{Reference: resource}
	default:
		return false
	}
	return true
}

// referenceTo names an object of which no more is told.
func referenceTo(kind, id string) *paymentsv1.ObjectReference {
	return &paymentsv1.ObjectReference{ObjectType: kind, ObjectId: id}
}

// encodeMessage is a message with its type, as all are that are sealed.
func encodeMessage(m proto.Message) ([]byte, error) {
	wrapped, err := anypb.New(m)
	if err != nil {
		return nil, fmt.Errorf("encode an object: %w", err)
	}
	plain, err := proto.Marshal(wrapped)
	if err != nil {
		return nil, fmt.Errorf("encode an object: %w", err)
	}
	return plain, nil
}

// sealMessage is what the store gets of a message.
func sealMessage(keys *seal.Keys, purpose, id string, m proto.Message) ([]byte, error) {
	plain, err := encodeMessage(m)
	if err != nil {
		return nil, err
	}
	return keys.Seal(purpose, id, plain), nil
}

// sealPublic is what the store gets of a message that everybody may read: what is personal or secret is taken out.
func sealPublic(keys *seal.Keys, id string, m proto.Message) ([]byte, error) {
	return sealMessage(keys, publicPurpose, id, redact.Public(m))
}

// openMessage is the message again.
func openMessage(keys *seal.Keys, purpose, id string, sealed []byte) (proto.Message, error) {
	plain, err := keys.Open(purpose, id, sealed)
	if err != nil {
		return nil, fmt.Errorf("open an object: %w", err)
	}
	wrapped := &anypb.Any{}
	if err := proto.Unmarshal(plain, wrapped); err != nil {
		return nil, errResource // The error of a decoder may show what it read.
	}
	m, err := wrapped.UnmarshalNew()
	if err != nil {
		return nil, errResource
	}
	return m, nil
}
