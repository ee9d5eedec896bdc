package store

import (
	"context"
	"errors"
	"time"
)

var (
	// ErrConflict is why nothing was ingested: the object has changed since it was read. Read it again and decide anew.
	ErrConflict = errors.New("store: the object has changed since it was read")
	// ErrExpired is why nothing was read: the log begins behind the position that was asked for.
	ErrExpired = errors.New("store: the log does not reach back so far")
)

// Log is what happened, in two tables. What Stripe sends is received as it is; whoever claims it makes of it what the
// log tells, with the object's last known state, in one transaction. Events of our own writes come into the same log by
// Finish. Positions are dense, begin at 1, and are given in the order of commits; a reader who has seen position n will
// never see another event appear at or below it.
type Log interface {
	// Receive keeps what Stripe sent, durably, under its id. What is there already stays as it is: fresh is whether it was
	// new.
	Receive(ctx context.Context, d Delivery) (fresh bool, err error)
	// ClaimDeliveries takes up to limit deliveries that are waiting and due, the oldest first, for the lease. No two claims
	// get the same one while the lease lasts. Those of an object that has a dead letter are left out.
	ClaimDeliveries(ctx context.Context, lease time.Duration, limit int) ([]ClaimedDelivery, error)
	// Ingest ends a delivery and writes what it tells: the event, where there is one, and the object's state, in one
	// transaction. published is whether the log has an event more. It may be repeated after ErrUncertain. ErrFenced: the
	// delivery is not waiting any more. ErrConflict: the object's version is not the one in Object.Version.
	//
	// Where the cause is the key of an operation that has not ended, the operation is told of the object: Operation.Told holds
	// the object's id, it is due at once unless it is held, and Hold lets no send of it through (ErrFenced) until Postpone
	// forgets what was told, an Advance or a new Begin.
	Ingest(ctx context.Context, i Ingest) (published bool, err error)
	// Defer gives a delivery back, to be tried again after a while, and counts a try; or makes a dead letter of it.
	// ErrFenced.
	Defer(ctx context.Context, d Deferral) error
	// DeadLetters returns up to limit dead letters, or what is quarantined, in the order of receipt, from behind the one
	// with the id `after` on. ErrNotFound where there is no `after`.
	DeadLetters(ctx context.Context, quarantined bool, after string, limit int) ([]DeadLetter, error)
	// Revive makes a dead letter wait again, with no try counted, and with it all others of its object, in one change: none
	// of them is claimed while another one is dead. It returns the one that was named as it was. ErrNotFound; ErrFenced
	// where that is quarantined, or no dead letter.
	Revive(ctx context.Context, id string) (DeadLetter, error)
	// Known returns those of the ids that were received.
	Known(ctx context.Context, ids []string) ([]string, error)

	// Object reads the last known state of an object. A zero Object with the id where there is none.
	Object(ctx context.Context, id string) (Object, error)
	// Objects lists up to limit objects of a type that have not ended, by id, from behind `after` on.
	Objects(ctx context.Context, kind, after string, limit int) ([]Object, error)

	// Head is where the log begins and ends.
	Head(ctx context.Context) (Head, error)
	// ReadLog returns up to limit events behind a position, in order, and the position up to which it has looked: that of
	// the last event, or the head where there are no more, and never before `after`. Where kinds alone are asked for it looks at
	// 64 events for each one of limit, and says how far that was. The filter may be empty. ErrExpired.
	ReadLog(ctx context.Context, after int64, f LogFilter, limit int) (events []LogEvent, upTo int64, err error)
	// EventByID reads one event. ErrNotFound.
	EventByID(ctx context.Context, id string) (LogEvent, error)
	// PositionAt is that of the last event that was published before a time; 0 where there is none.
	PositionAt(ctx context.Context, t time.Time) (int64, error)
	// Watch calls wake whenever the log may have grown, until the context ends: soon after a commit in this process, and, with
	// PostgreSQL, in any other. It is a hint and may be lost: whoever relies on it looks every half second as well.
	Watch(ctx context.Context, wake func())
	// Sequence gives positions to what is committed, for as long as the context lasts, where the engine needs somebody who
	// does. Any number of processes may call it; one of them works, and the others wait for its end.
	Sequence(ctx context.Context)

	// Consumer reads a consumer. ErrNotFound.
	Consumer(ctx context.Context, caller, name string) (Consumer, error)
	// PutConsumer writes a consumer if its version is still the one in it, 0 for one that is to be new, and returns the next version. ErrFenced
	// where it is another.
	PutConsumer(ctx context.Context, c Consumer) (version int64, err error)
	// DeleteConsumer forgets a consumer. ErrNotFound.
	DeleteConsumer(ctx context.Context, caller, name string) error
	// Consumers lists up to limit consumers, by caller and name, from behind these on; of one caller where it is given.
	Consumers(ctx context.Context, caller, afterCaller, afterName string, limit int) ([]Consumer, error)

	// EraseLog deletes up to limit events, and as many deliveries that are done or quarantined, that are older than age, from
	// the oldest on; the newest event stays, so that the log never looks empty. It says how many rows it deleted.
	EraseLog(ctx context.Context, age time.Duration, limit int) (int, error)
	// LogStats counts what is waiting, dead and quarantined, for the operator.
	LogStats(ctx context.Context) (LogStats, error)
}

// DeliveryState is where a delivery stands.
type DeliveryState int16

// The states of deliveries. Done and Quarantined are final.
const (
	DeliveryWaiting     DeliveryState = 1
	DeliveryDone        DeliveryState = 2
	DeliveryDead        DeliveryState = 3
	DeliveryQuarantined DeliveryState = 4
)

// Delivery is something that Stripe told: an event in a webhook, or one that was found in its list.
type Delivery struct {
	// ID is Stripe's event's.
	ID string
	// State is DeliveryWaiting, DeliveryDead or DeliveryQuarantined.
	State DeliveryState
	// Cause is the number of a payments.v1.DeadLetterCause, where it is not waiting.
	Cause int32
	// Kind is Stripe's type, ObjectID the object's, APIVersion the version that it was rendered at. Empty where they can not
	// be read.
	Kind, ObjectID, APIVersion string
	// Account is Stripe's, of events of connected accounts.
	Account  string
	Livemode bool
	// Created is Stripe's time of the event, in seconds since 1970.
	Created int64
	// Body is all of it, sealed.
	Body []byte
}

// ClaimedDelivery is a delivery that somebody is at.
type ClaimedDelivery struct {
	Delivery
	// Attempt is the fence.
	Attempt int64
	// Tries is how often it was tried before.
	Tries       int
	ReceiveTime time.Time
}

// DeadLetter is a delivery that is not tried any more.
type DeadLetter struct {
	ClaimedDelivery
	UpdateTime time.Time
	// Blocked is how many deliveries wait behind it.
	Blocked int
}

// Ingest is what a delivery tells.
type Ingest struct {
	// ID and Attempt are those of the claimed delivery. Empty and 0: it is of no delivery, but of an object that was read
	// again.
	ID      string
	Attempt int64
	// Object is to stand, over the version in it. Nil: it stays as it is, and may change meanwhile: where an event carries what
	// stands, give that, so that it is known to stand still. An object that has ended keeps its state, and the events tell that.
	Object *Object
	// Events are to be told; those that are there already are not told again.
	Events []Event
}

// Deferral puts a delivery off.
type Deferral struct {
	ID      string
	Attempt int64
	// After is when to try again, in two hours at most; Cause why not now, the number of a payments.v1.DeadLetterCause.
	After time.Duration
	Cause int32
	// Dead is whether it is not to be tried again. Unbound is whether it is of no object from now on, so that it holds up
	// none: what can not be read, or is not ours.
	Dead, Unbound bool
	// Counted is whether this was a try.
	Counted bool
}

// Object is the last known state of an object at Stripe.
type Object struct {
	ID string
	// Kind is Stripe's name of its type: `payment_intent`.
	Kind string
	// Version counts its changes here, from 1 on: 0 is an object that is not known.
	Version int64
	// Basis is how the state was learned.
	Basis Basis
	// Created is the Stripe time, in seconds, of the newest event that the state covers; 0 where no event told of it yet.
	Created int64
	// Cause is that of the change that led to it.
	Cause string
	// State is the number of its state in payments.v1; Ended is whether that is the last one, which is never left.
	State int32
	Ended bool
	// Resource is its message, sealed. Public is the same without what is personal or secret, sealed as events are.
	Resource, Public []byte
	// UpdateTime is when Resource last became another one here: to write it as it stands, and only say how it was learned,
	// leaves it.
	UpdateTime time.Time
}

// Basis is how the state of an object was learned.
type Basis int16

// The bases. After a write or a read it is not known which of Stripe's events the state covers.
const (
	BasisEvent Basis = 1
	BasisRead  Basis = 2
	BasisWrite Basis = 3
)

// Head is where the log begins and ends.
type Head struct {
	// Position is the newest, 0 in a new log. Oldest is that of the oldest event that is kept: Position + 1 where there is none.
	Position, Oldest int64
	// Epoch changes when the log is not the one that it was: restored from a copy. Positions of two epochs can not be compared.
	Epoch string
}

// LogFilter picks events that fit all of it. What is empty does not matter.
type LogFilter struct {
	// Kinds are Stripe's types.
	Kinds []string
	// NotKinds are left out: all others than those that are modelled, where that is wanted.
	NotKinds  []string
	ObjectIDs []string
}

// LogEvent is an event in the log.
type LogEvent struct {
	Event
	Position int64
	// Time is when it was published.
	Time time.Time
}

// Consumer is a place in the log that is kept for a caller.
type Consumer struct {
	Caller, Name string
	// Version is the fence, counted from 1 on.
	Version int64
	// Epoch is that of the log when the cursor was set.
	Epoch string
	// Cursor is the last position with nothing open at or below it.
	Cursor int64
	// Acked are the positions behind the cursor that are acknowledged, packed by eventlog.
	Acked []byte
	// Filter is the encoded payments.v1.EventFilter.
	Filter []byte
	// Stream names the stream that has it, and StreamTime is when that last said so. Empty: none.
	Stream     string
	StreamTime time.Time
	// CreateTime and UpdateTime are the store's.
	CreateTime, UpdateTime time.Time
}

// LogStats is how the log is doing.
type LogStats struct {
	Waiting, Dead, Quarantined int64
	// Oldest is how long the longest waiting delivery has waited.
	Oldest time.Duration
	// Unnumbered is how many events are committed and have no position yet.
	Unnumbered int64
}
