package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// Operations is the configuration of `server operations`: one of List, Show and Resolve is set.
type Operations struct {
	// Connection is the way to the server.
	Connection Connection
	// List is `server operations list`.
	List *ListOperations
	// Show is `server operations show`.
	Show *ShowOperation
	// Resolve is `server operations resolve`.
	Resolve *ResolveOperation
}

// ListOperations is which operations to list. What is zero does not matter.
type ListOperations struct {
	States []paymentsv1.OperationState
	Caller string
	// OlderThan and YoungerThan are ages.
	OlderThan, YoungerThan time.Duration
	// Limit is how many at most; 0 means all.
	Limit int
	// JSON is whether to print each as a line of JSON.
	JSON bool
}

// ShowOperation is which operation to show.
type ShowOperation struct {
	ID string
	// JSON is whether to print it as a line of JSON.
	JSON bool
}

// ResolveOperation is what became of an operation: either ObjectID or NotDone is set.
type ResolveOperation struct {
	ID, ObjectID, Note string
	NotDone            bool
}

// operationsFlags are those of `server operations`.
type operationsFlags struct {
	connectionFlags

	List    listFlags    `cmd:"" help:"List operations, the newest first."`
	Show    showFlags    `cmd:"" help:"Show all that is known of one operation, and what to do about it."`
	Resolve resolveFlags `cmd:"" help:"End an operation that is UNKNOWN, with what you found out. It can not be undone."`
}

type listFlags struct {
	State       []string      `env:"-" placeholder:"STATE,..." help:"Only operations in these states: pending, succeeded, failed, unknown, abandoned. May be given several times."`
	Caller      string        `env:"-" placeholder:"NAME" help:"Only operations of this caller."`
	OlderThan   time.Duration `env:"-" placeholder:"DURATION" help:"Only operations that began at least so long ago, such as 15m."`
	YoungerThan time.Duration `env:"-" placeholder:"DURATION" help:"Only operations that began since then, such as 24h."`
	Limit       int           `env:"-" default:"50" placeholder:"N" help:"How many at most; 0 for all. Default: ${default}."`
	JSON        bool          `env:"-" help:"Print each as a line of JSON."`
}

type showFlags struct {
	ID   string `arg:"" help:"The operation, op_...."`
	JSON bool   `env:"-" help:"Print it as a line of JSON."`
}

type resolveFlags struct {
	ID       string `arg:"" help:"The operation, op_...."`
	ObjectID string `env:"-" placeholder:"ID" help:"It took effect: the object that it made or changed, pi_... or re_.... Its caller gets it as the answer from then on."`
	NotDone  bool   `env:"-" help:"It did nothing, and surely never will: its key starts it anew. Whoever is wrong here lets it happen a second time."`
	Note     string `env:"-" placeholder:"TEXT" help:"How you know. Required; it is kept beside your name, so put no personal data in."`
}

// operationID is the contract's.
var operationID = regexp.MustCompile(`^op_[a-z2-7]{52}$`)

func (f operationsFlags) check(command string) (*Operations, error) {
	var found faults
	operations := &Operations{Connection: f.connectionFlags.check(&found)}
	switch command {
	case "operations list":
		operations.List = f.List.check(&found)
	case "operations show":
		checkOperationID(&found, f.Show.ID)
		operations.Show = &ShowOperation{ID: f.Show.ID, JSON: f.Show.JSON}
	default:
		operations.Resolve = f.Resolve.check(&found)
	}
	if len(found) > 0 {
		return nil, errors.Join(found...)
	}
	return operations, nil
}

func (f listFlags) check(found *faults) *ListOperations {
	list := &ListOperations{
		Caller: f.Caller, OlderThan: f.OlderThan, YoungerThan: f.YoungerThan, Limit: f.Limit, JSON: f.JSON,
	}
	for _, word := range f.State {
		state, err := parseState(word)
		if err != nil {
			found.add("--state: %w", err)
		} else if !slices.Contains(list.States, state) {
			list.States = append(list.States, state)
		}
	}
	if f.Limit < 0 {
		found.add("--limit must not be negative; 0 is all")
	}
	if f.OlderThan < 0 || f.YoungerThan < 0 {
		found.add("--older-than and --younger-than are ages, and must not be negative")
	} else if f.YoungerThan > 0 && f.YoungerThan < f.OlderThan+time.Second {
		found.add("--younger-than must be longer than --older-than: nothing is both")
	}
	return list
}

func (f resolveFlags) check(found *faults) *ResolveOperation {
	checkOperationID(found, f.ID)
	switch {
	case f.ObjectID == "" && !f.NotDone:
		found.add("say what became of it: --object-id pi_... (it took effect) or --not-done (it did nothing, and never will)")
	case f.ObjectID != "" && f.NotDone:
		found.add("--object-id beside --not-done: choose one")
	}
	if strings.TrimSpace(f.Note) == "" {
		found.add("no --note: say how you know, for whoever asks later")
	}
	return &ResolveOperation{ID: f.ID, ObjectID: f.ObjectID, Note: f.Note, NotDone: f.NotDone}
}

func checkOperationID(found *faults, id string) {
	if !operationID.MatchString(id) {
		found.add("the operation must be op_ and 52 letters and digits, not %q", id)
	}
}

// parseState reads a state as people write it.
func parseState(word string) (paymentsv1.OperationState, error) {
	number, ok := paymentsv1.OperationState_value["OPERATION_STATE_"+strings.ToUpper(strings.TrimSpace(word))]
	if !ok || number == 0 {
		return 0, fmt.Errorf("there is no state %q; there are pending, succeeded, failed, unknown and abandoned", word)
	}
	return paymentsv1.OperationState(number), nil
}
