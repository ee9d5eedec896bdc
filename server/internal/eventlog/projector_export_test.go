package eventlog

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/seal"
	"github.com/tillgate/tillgate/server/internal/store"
)

// What tests look at from outside.
const (
	BodyPurpose   = bodyPurpose
	ObjectPurpose = objectPurpose
	PublicPurpose = publicPurpose
	CursorFact    = cursorFact
	ResyncFact    = resyncFact
)

// MessageOf is an event as it is told.
func MessageOf(keys *seal.Keys, e store.LogEvent) (*paymentsv1.Event, error) {
	return messageOf(keys, e)
}

// OpenMessage is a message that was sealed.
func OpenMessage(keys *seal.Keys, purpose, id string, sealed []byte) (proto.Message, error) {
	return openMessage(keys, purpose, id, sealed)
}

// SameMessage is whether a snapshot and an object that was read say the same.
func SameMessage(snapshot, read proto.Message) bool { return sameMessage(snapshot, read) }

// Resync reads all objects again where events were lost, until that is done.
func (r *Repair) Resync(ctx context.Context) error { return r.resync(ctx) }

// SealMessage is what the store gets of a message.
func SealMessage(keys *seal.Keys, purpose, id string, m proto.Message) ([]byte, error) {
	return sealMessage(keys, purpose, id, m)
}

// PatientBudget is a budget without a limit that waits shortly.
func PatientBudget() *Budget { return newBudget(1e9, time.Millisecond) }
