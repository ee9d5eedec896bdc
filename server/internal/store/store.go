// Package store holds the truth about every write in SQL: SQLite, embedded, for one process, and PostgreSQL for any number
// of them, behind one interface that one suite of tests holds both to. It owns the transactions in which an operation and
// its events meet. What is personal or secret comes in sealed; it can not be read here.
//
// It decides nothing: operation says what to begin, to send and to end. It stands beside stripegw, below operation.
package store

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"strings"
	"time"
)

// State is where an operation stands. The numbers are those of payments.v1.OperationState, and stand in databases.
type State int16

// The states. Succeeded, Failed and Abandoned are final: nothing but a new Begin, for Abandoned alone, leaves them.
const (
	Pending   State = 1
	Succeeded State = 2
	Failed    State = 3
	Unknown   State = 4
	Abandoned State = 5
)

var (
	// ErrFenced is why a change was not made: the operation is not held under this attempt any more. Somebody else took
	// it over, or ended it.
	ErrFenced = errors.New("store: the operation is held by another attempt, or has ended")
	// ErrNotFound is why nothing was read.
	ErrNotFound = errors.New("store: there is no such operation")
	// ErrUncertain is why it is not known whether a change was made: the commit was under way when the store was lost. All
	// other errors of a change mean that it was surely not made.
	ErrUncertain = errors.New("store: it is not known whether the change was made")
	// ErrUnavailable is why the store could not be read, or surely not changed: it can not be reached, its disk is full or
	// failing, or it may only be read. It lies with the store, not with what was asked of it.
	ErrUnavailable = errors.New("store: it can not be reached or written")
)

// Store is the truth about every operation. It is safe for concurrent use. Its clock, that of the database server where
// there is one, gives all times; no two processes need to agree on the time.
type Store interface {
	Log

	// Begin makes an operation Pending under attempt 1, durably, if its id is new; or anew, under the next attempt, if it
	// is Abandoned and not erased. It returns the operation as it stands then, and whether this very call began it. It may
	// be repeated with the same Token after ErrUncertain, and then says what the first try did; where somebody else has
	// taken the operation over by then, this call did not begin it.
	//
	// An operation with a Reference begins only if nobody else is its maker: if the reference is new, or its maker is
	// this operation, has failed, was abandoned or has gone to another reference, or is of a generation that is Over.
	// Otherwise nothing is written, and it returns the maker: where that is erased, with the id of what it made.
	Begin(ctx context.Context, b Begin) (op Operation, begun bool, err error)
	// Hold keeps the operation for this attempt for another lease, and counts a send that is about to be made. ErrFenced, also
	// where it is to be sent and must not be, or Stripe has told of it.
	Hold(ctx context.Context, h Hold) error
	// Advance puts what is left of an operation of several steps in the place of its parameters, once a step is done, durably
	// and before the next one is sent. It is Pending then, with one send of that step about to be made, as if nothing had
	// gone wrong before; and held for another lease. It may be repeated after ErrUncertain: what this attempt has already
	// written is kept for the lease. ErrFenced, also where the step before is not the last that was done.
	Advance(ctx context.Context, a Advance) error
	// Finish ends the operation and writes its events, in one transaction. It may be repeated after ErrUncertain: what
	// this attempt has already written is no error. ErrFenced.
	Finish(ctx context.Context, f Finish) error
	// Postpone gives the operation back to recovery, Pending or Unknown, with what was learned. ErrFenced.
	Postpone(ctx context.Context, p Postpone) error
	// Claim takes up to limit operations that are Pending or Unknown and due, the Pending and then the longest due first,
	// each under its next attempt and held for the lease. No two claims get the same one while the lease lasts. What is due
	// in more than two hours was put off by a clock that has gone back since: it is due too.
	Claim(ctx context.Context, lease time.Duration, limit int) ([]Operation, error)
	// Take is Claim of one operation that is Unknown, due or not. ErrNotFound; ErrFenced where it is in another state, or
	// is held.
	Take(ctx context.Context, id string, lease time.Duration) (Operation, error)

	// Get returns one operation. ErrNotFound.
	Get(ctx context.Context, id string) (Operation, error)
	// List returns up to limit operations that fit, the newest first, from behind the one with the id `after` on; from
	// the first one on if it is empty. Erased ones are left out. ErrNotFound where there is no `after`.
	List(ctx context.Context, f Filter, after string, limit int) ([]Operation, error)

	// Erase forgets all but id and state of up to limit final operations that ended longer ago than age. It says how many
	// operations it found.
	Erase(ctx context.Context, age time.Duration, limit int) (int, error)

	// Settle writes a fact about this database, such as the account that it is for, if it has none of this name, and
	// returns the one that stands.
	Settle(ctx context.Context, name, value string) (string, error)
	// Replace writes a fact in place of another. ErrFenced where another one stands by now.
	Replace(ctx context.Context, name, old, value string) error

	// Check writes and commits something small, and so says whether the store can be written.
	Check(ctx context.Context) error
	// Close waits for changes under way and lets the database go.
	Close() error
}

// Begin is what is known of an operation before anything is sent.
type Begin struct {
	// ID is derived from account, mode, caller, method and idempotency key: two operations never share one.
	ID string
	// Caller, Method and IdempotencyKey are what ID is derived from, for people to read.
	Caller, Method, IdempotencyKey string
	// RequestHash tells two requests under one key apart, sealed.
	RequestHash []byte
	// Parameters are what Stripe gets, sealed.
	Parameters []byte
	// StripeKey is the idempotency key that Stripe will see: an event with it tells of this operation. Empty where it is not
	// known yet.
	StripeKey string
	// Token is made for this call, at random: by it, a repeated Begin knows its own row.
	Token []byte
	// Lease is how long nobody else may take the operation.
	Lease time.Duration
	// Reference is what the operation makes an object for, of which there is to be one, whoever makes it. Empty for none.
	Reference string
	// Over is the generation of the reference whose object is known to be gone, 0 for none.
	Over int64
}

// Hold keeps an operation.
type Hold struct {
	ID      string
	Attempt int64
	Lease   time.Duration
	// Sends is how many sends are about to be made, 0 or 1.
	Sends int
}

// Advance is a step that is done, and what follows it.
type Advance struct {
	ID      string
	Attempt int64
	Lease   time.Duration
	// StepsDone is how many are, with this one.
	StepsDone int
	// Parameters are what Stripe still gets, sealed, and StripeKey is the key of the next step.
	Parameters []byte
	StripeKey  string
	// StripeRequestIDs are those to remember beside the ones that stand.
	StripeRequestIDs []string
}

// Finish is how an operation ended.
type Finish struct {
	ID      string
	Attempt int64
	// State is Succeeded, Failed or Abandoned.
	State State
	// Outcome is the answer, sealed. Nil for Abandoned.
	Outcome []byte
	// ObjectID is the object at Stripe, where there is one.
	ObjectID string
	// Reason is the number of a payments.v1.ErrorReason, for Failed.
	Reason int32
	// StripeRequestIDs are those to remember beside the ones that stand.
	StripeRequestIDs []string
	// Resolver and Note are of the person who ended it, if one did.
	Resolver, Note string
	// Events are what is to be told of it. One that is there already is no error: a change is one event.
	Events []Event
	// Object is the state of what it changed, nil where there is none. Where the object has changed here by another cause since the
	// operation began, it is not known which of the two states is the newer one: what stands is kept, for a reader to read anew, and
	// the events carry that. An object that has ended stays so.
	Object *Object
}

// Event is one change of one object. A change is known by object, kind and cause, whoever tells of it first; one that
// begins or ends something, such as a payment or a customer, by object and kind alone, since it happens once.
type Event struct {
	// ObjectID is the object's at Stripe, and ObjectKind Stripe's name of its type: `payment_intent`.
	ObjectID, ObjectKind string
	// Kind is the change, in Stripe's words where it has some: `payment_intent.succeeded`.
	Kind string
	// Cause is the idempotency key that Stripe saw, where it is one of ours, or else the id of Stripe's event.
	Cause string
	// OperationID is the operation that caused it, and StripeEventID the event that told of it. Empty where there is none, or it
	// is not known.
	OperationID, StripeEventID string
	// Occurred is when it happened; zero: when it is written.
	Occurred time.Time
	// Resource is the object's message afterwards, without what is personal or secret, sealed for the object.
	Resource []byte
}

// EventID names a change: the same one, whoever tells of it.
func EventID(objectID, kind, cause string) string {
	hash := sha256.New()
	for _, field := range []string{objectID, kind, cause} {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(field)))
		hash.Write(length[:])
		hash.Write([]byte(field))
	}
	return "ev_" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(hash.Sum(nil)))
}

// Postpone is what was learned of an operation that has not ended.
type Postpone struct {
	ID      string
	Attempt int64
	// State is Pending or Unknown.
	State State
	// After is when recovery shall see to it, from now on.
	After time.Duration
	// Uncertainty is the number of a payments.v1.OperationUncertainty.
	Uncertainty int32
	// NeverSend is whether it must not be sent again. Once said, it stays so, but for another step.
	NeverSend bool
	// LookUps is how many look-ups found nothing, 0 or 1.
	LookUps int
	// ForgetTold is whether what Stripe told of was looked for, so that it does not keep the operation from being sent.
	ForgetTold bool
	// StripeRequestIDs are those to remember beside the ones that stand.
	StripeRequestIDs []string
}

// Operation is a row.
type Operation struct {
	ID                             string
	Caller, Method, IdempotencyKey string
	State                          State
	// Attempt is the fence: who holds the operation under an older one can change nothing.
	Attempt     int64
	RequestHash []byte
	// Parameters are sealed, and erased once the operation is final.
	Parameters []byte
	// Outcome is sealed.
	Outcome  []byte
	ObjectID string
	// Reason is the number of a payments.v1.ErrorReason; Uncertainty that of a payments.v1.OperationUncertainty.
	Reason, Uncertainty int32
	NeverSend           bool
	// Sends and LookUps count those of the step that it is at, and StepsDone the steps before.
	Sends, LookUps, StepsDone int
	StripeRequestIDs          []string
	Resolver, Note            string
	// EndTime is zero until it is final, DueTime from then on. LastSend is when it was last about to be sent: at Begin, at
	// an Advance, or at the last Hold that counted a send.
	BeginTime, UpdateTime, EndTime, DueTime, LastSend time.Time
	// Age is how long ago it began, by the store's clock when it was read. It is MaxAge where that clock has gone back and
	// nothing is known: old enough for everything.
	Age time.Duration
	// Erased is whether all but ID and State is forgotten.
	Erased bool
	// Reference is what it was begun for, and Generation counts the makers of that, from 1 on.
	Reference  string
	Generation int64
	// Told are the objects, up to eight, of which Stripe told under the key of the step that it is at. It took effect at
	// Stripe: while they stand, it is not sent again, but looked for.
	Told []string
}

// farthestDue is how far ahead a due time can be: operation puts nothing off for longer.
const farthestDue = 2 * time.Hour

// MaxAge is the age of what may be of any age.
const MaxAge = time.Duration(1<<63 - 1)

// Filter is which operations to list. What is zero does not matter.
type Filter struct {
	States     []State
	Caller     string
	Start, End time.Time
}

// keptRequestIDs is how many of Stripe's request ids a row keeps.
const keptRequestIDs = 16
