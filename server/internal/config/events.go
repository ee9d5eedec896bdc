package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/eventlog"
)

// Events is the configuration of `server events`: one of the commands is set.
type Events struct {
	// Connection is the way to the server.
	Connection Connection
	// Tail is `server events tail`.
	Tail *TailEvents
	// Consumers is `server events consumers`, Seek and Delete are the commands below it.
	Consumers *ListConsumers
	Seek      *SeekConsumer
	Delete    *DeleteConsumer
	// DeadLetters is `server events dead-letters`, and Retry the command below it.
	DeadLetters *ListDeadLetters
	Retry       *RetryDeadLetter
}

// TailEvents is which events to print, and where to begin.
type TailEvents struct {
	Types     []paymentsv1.EventType
	ObjectIDs []string
	// From is the first position; 0 where Start says where to begin.
	From  int64
	Start paymentsv1.StreamStart
	// JSON is whether to print each as a line of JSON.
	JSON bool
}

// ListConsumers is which consumers to list.
type ListConsumers struct {
	// Caller is whose; empty: all that may be seen.
	Caller string
	// JSON is whether to print each as a line of JSON.
	JSON bool
}

// SeekConsumer is which consumer to move, and where to: to Time where that is set, else to Start where that is, else behind
// Position.
type SeekConsumer struct {
	Name, Caller string
	Position     int64
	Start        paymentsv1.StreamStart
	Time         time.Time
}

// DeleteConsumer is which consumer to forget.
type DeleteConsumer struct {
	Name, Caller string
}

// ListDeadLetters is which dead letters to list.
type ListDeadLetters struct {
	// Quarantined is whether to list what is quarantined in place of what failed.
	Quarantined bool
	// JSON is whether to print each as a line of JSON.
	JSON bool
}

// RetryDeadLetter is which dead letter to try again.
type RetryDeadLetter struct {
	ID string
}

// eventsFlags are those of `server events`.
type eventsFlags struct {
	connectionFlags

	Tail        tailFlags        `cmd:"" help:"Print events as they come, a line each, until Ctrl-C. It connects again when the server restarts."`
	Consumers   consumersFlags   `cmd:"" help:"List the durable consumers, how far behind they are, and whether they are connected; move or delete one."`
	DeadLetters deadLettersFlags `cmd:"" help:"List what Stripe sent and could not be published, and what to do about it; try one again."`
}

type tailFlags struct {
	Type   []string `env:"-" placeholder:"TYPE,..." help:"Only events of these types, such as payment-succeeded, or payment_intent.succeeded in Stripe's words. May be given several times."`
	Object []string `env:"-" placeholder:"ID" help:"Only events of this object, such as pi_... or sub_.... May be given several times."`
	From   string   `env:"-" default:"newest" placeholder:"oldest|newest|POSITION" help:"Where to begin: oldest, newest (what comes from now on), or the position of the first event. Default: ${default}."`
	JSON   bool     `env:"-" help:"Print each as a line of JSON, with all that the event holds."`
}

type consumersFlags struct {
	List   consumersListFlags  `cmd:"" default:"withargs" help:"List consumers, by caller and name. This is the default."`
	Seek   consumersSeekFlags  `cmd:"" help:"Move a consumer. It gets what is behind again, or what it is moved over never; its stream ends."`
	Delete consumersNamedFlags `cmd:"" help:"Forget a consumer. It can not be undone; its stream ends, and a new one of the name begins anew."`
}

type consumersListFlags struct {
	Caller string `env:"-" placeholder:"NAME" help:"Only consumers of this caller. To see others' needs the scope EVENTS_ADMIN."`
	JSON   bool   `env:"-" help:"Print each as a line of JSON."`
}

type consumersNamedFlags struct {
	Name   string `arg:"" help:"The consumer's name."`
	Caller string `env:"-" placeholder:"NAME" help:"The caller that it belongs to. Default: you. Another needs the scope EVENTS_ADMIN."`
}

type consumersSeekFlags struct {
	consumersNamedFlags

	To string `env:"-" placeholder:"oldest|newest|POSITION|TIME" help:"Where to: oldest, newest, behind a position (0 for all), or the first event that was published at a time, 2027-01-31T00:00:00Z, or later. Required."`
}

type deadLettersFlags struct {
	List  deadLettersListFlags  `cmd:"" default:"withargs" help:"List dead letters, the oldest first. This is the default."`
	Retry deadLettersRetryFlags `cmd:"" help:"Try a dead letter again, and what waits behind it."`
}

type deadLettersListFlags struct {
	Quarantined bool `env:"-" help:"List what is quarantined, for it is of another account or mode, in place of what failed."`
	JSON        bool `env:"-" help:"Print each as a line of JSON."`
}

type deadLettersRetryFlags struct {
	ID string `arg:"" help:"The dead letter, evt_... or sha256_...."`
}

// What the contract takes for the name of a consumer, of a caller, and the id of an object or a dead letter.
var (
	consumerName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
	callerName   = regexp.MustCompile(`^[a-z0-9._-]{0,63}$`)
	stripeID     = regexp.MustCompile(`^[A-Za-z0-9_]{1,255}$`)
)

func (f eventsFlags) check(command string) (*Events, error) {
	var found faults
	events := &Events{Connection: f.connectionFlags.check(&found)}
	switch command {
	case "events tail":
		events.Tail = f.Tail.check(&found)
	case "events consumers list":
		events.Consumers = &ListConsumers{Caller: f.Consumers.List.Caller, JSON: f.Consumers.List.JSON}
	case "events consumers seek":
		events.Seek = f.Consumers.Seek.check(&found)
	case "events consumers delete":
		f.Consumers.Delete.check(&found)
		events.Delete = &DeleteConsumer{Name: f.Consumers.Delete.Name, Caller: f.Consumers.Delete.Caller}
	case "events dead-letters list":
		events.DeadLetters = &ListDeadLetters{Quarantined: f.DeadLetters.List.Quarantined, JSON: f.DeadLetters.List.JSON}
	default:
		if !stripeID.MatchString(f.DeadLetters.Retry.ID) {
			found.add("the dead letter must be evt_... or sha256_..., not %q", f.DeadLetters.Retry.ID)
		}
		events.Retry = &RetryDeadLetter{ID: f.DeadLetters.Retry.ID}
	}
	if len(found) > 0 {
		return nil, errors.Join(found...)
	}
	return events, nil
}

func (f tailFlags) check(found *faults) *TailEvents {
	tail := &TailEvents{JSON: f.JSON}
	for _, word := range f.Type {
		kind, err := parseEventType(word)
		if err != nil {
			found.add("--type: %w", err)
		} else if !slices.Contains(tail.Types, kind) {
			tail.Types = append(tail.Types, kind)
		}
	}
	for _, id := range f.Object {
		if !stripeID.MatchString(id) {
			found.add("--object must be the id of an object, pi_..., not %q", id)
		} else if !slices.Contains(tail.ObjectIDs, id) {
			tail.ObjectIDs = append(tail.ObjectIDs, id)
		}
	}
	start, position, ok := parsePlace(f.From)
	if !ok || start == 0 && position < 1 {
		found.add("--from must be oldest, newest or a position from 1 on, not %q", f.From)
	}
	tail.Start, tail.From = start, position
	return tail
}

func (f consumersNamedFlags) check(found *faults) {
	if !consumerName.MatchString(f.Name) {
		found.add("the name of a consumer is 1 to 64 of a-z 0-9 . _ -, not %q", f.Name)
	}
	if !callerName.MatchString(f.Caller) {
		found.add("--caller must be the name of a caller, not %q", f.Caller)
	}
}

func (f consumersSeekFlags) check(found *faults) *SeekConsumer {
	f.consumersNamedFlags.check(found)
	seek := &SeekConsumer{Name: f.Name, Caller: f.Caller}
	var ok bool
	if seek.Start, seek.Position, ok = parsePlace(f.To); ok {
		return seek
	}
	at, err := time.Parse(time.RFC3339, f.To)
	if err != nil {
		found.add("--to must be oldest, newest, a position, or a time such as 2027-01-31T00:00:00Z, not %q", f.To)
	}
	seek.Time = at
	return seek
}

// parsePlace reads a place in the log: a word, or a position.
func parsePlace(text string) (start paymentsv1.StreamStart, position int64, ok bool) {
	switch strings.ToLower(text) {
	case "oldest":
		return paymentsv1.StreamStart_STREAM_START_OLDEST, 0, true
	case "newest":
		return paymentsv1.StreamStart_STREAM_START_NEWEST, 0, true
	}
	position, err := strconv.ParseInt(text, 10, 64)
	return 0, position, err == nil && position >= 0
}

// parseEventType reads a type as people write it, payment-succeeded, as the contract does, EVENT_TYPE_PAYMENT_SUCCEEDED, or
// as Stripe does, payment_intent.succeeded: then it is the type that such an event has here, which others may have too.
func parseEventType(word string) (paymentsv1.EventType, error) {
	word = strings.TrimSpace(word)
	if kind := eventlog.TypeOf(strings.ToLower(word)); kind != 0 {
		return kind, nil
	}
	name := strings.TrimPrefix(strings.ToUpper(strings.ReplaceAll(word, "-", "_")), "EVENT_TYPE_")
	number, ok := paymentsv1.EventType_value["EVENT_TYPE_"+name]
	if !ok || number == 0 {
		return 0, fmt.Errorf("there is no type %q; there are payment-succeeded, refund-created, subscription-updated and others, "+
			"as event.proto lists them", word)
	}
	return paymentsv1.EventType(number), nil
}
