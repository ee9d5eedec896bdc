package store

import (
	"fmt"
	"strings"
	"time"
)

// These are parts of a statement: how objects stand afterwards, and the events that are written. They take what is given,
// and the time, from rows of another part, of which there are none where nothing may be written, and what stands from a part
// `standing`. The objects must be locked.

// pgEndedStays is whether an object o is kept where g is given: it has ended and would not have any more.
const pgEndedStays = `o.ended AND (NOT g.ended OR o.state <> g.state)`

// pgObjectsPut lets objects stand. What is written as it stands has not changed: its time says how new the state is.
func pgObjectsPut(from string) string {
	column := func(name, given string) string {
		return "CASE WHEN s.kept THEN s." + name + " ELSE " + given + " END, "
	}
	return `stood AS (
		INSERT INTO objects (id, kind, version, basis, created, cause, state, ended, resource, public, update_time)
		SELECT g.id, ` + column("kind", "g.kind") + `coalesce(s.version, 0) + 1, ` + column("basis", "g.basis") +
		column("created", "greatest(s.created, g.created)") + column("cause", "g.cause") + column("state", "g.state") +
		column("ended", "g.ended") + column("resource", "g.resource") + column("public", "g.public") + `
			CASE WHEN s.kept OR s.resource = g.resource THEN s.update_time ELSE g.now END
		FROM ` + from + ` g LEFT JOIN standing s ON s.id = g.id WHERE g.id <> ''
		ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, version = excluded.version, basis = excluded.basis,
			created = excluded.created, cause = excluded.cause, state = excluded.state, ended = excluded.ended,
			resource = excluded.resource, public = excluded.public, update_time = excluded.update_time
	)`
}

// pgObjectArgs are the columns of objects, each a list.
type pgObjectArgs struct {
	ids, kinds        []string
	bases             []int16
	created           []int64
	causes            []string
	states            []int32
	ended             []bool
	resources, public [][]byte
}

// add adds an object. One that is nil has no id.
func (a *pgObjectArgs) add(o *Object) {
	if o == nil {
		o = &Object{}
	}
	a.ids, a.kinds = append(a.ids, pgText(o.ID)), append(a.kinds, pgText(o.Kind))
	a.bases, a.created, a.causes = append(a.bases, int16(o.Basis)), append(a.created, o.Created), append(a.causes, pgText(o.Cause))
	a.states, a.ended = append(a.states, o.State), append(a.ended, o.Ended)
	a.resources, a.public = append(a.resources, o.Resource), append(a.public, o.Public)
}

func (a *pgObjectArgs) list() []any {
	return []any{a.ids, a.kinds, a.bases, a.created, a.causes, a.states, a.ended, a.resources, a.public}
}

const pgEventNames = `event_id, object_id, object_kind, kind, cause, operation_id, stripe_event_id, occurred, resource`

// pgEventArrays are the arguments of pgEventArgs, from that number on.
func pgEventArrays(first int) string {
	arrays := make([]string, 9)
	for i := range arrays {
		kind := "text"
		switch i {
		case 7:
			kind = "timestamptz"
		case 8:
			kind = "bytea"
		}
		arrays[i] = fmt.Sprintf("$%d::%s[]", first+i, kind)
	}
	return strings.Join(arrays, ", ")
}

// pgEventsPut writes events e that are not there yet, in an order. Those of an object s that is kept tell how it stands.
func pgEventsPut(from, order string) string {
	return `written AS (
		INSERT INTO events (` + pgEventNames + `, time)
		SELECT e.event_id, e.object_id, e.object_kind, e.kind, e.cause, e.operation_id, e.stripe_event_id,
			coalesce(e.occurred, now),
			CASE WHEN s.kept AND s.id = e.object_id AND s.public IS NOT NULL THEN s.public ELSE e.resource END, now
		FROM ` + from + ` ORDER BY ` + order + `
		ON CONFLICT DO NOTHING RETURNING event_id
	)`
}

// pgEventArgs are the columns of events, each a list.
type pgEventArgs struct {
	texts     [7][]string
	occurred  []*time.Time
	resources [][]byte
}

func (a *pgEventArgs) add(events []Event) {
	for _, e := range events {
		for column, text := range []string{
			EventID(e.ObjectID, e.Kind, e.Cause), e.ObjectID, e.ObjectKind, e.Kind, e.Cause, e.OperationID, e.StripeEventID,
		} {
			a.texts[column] = append(a.texts[column], pgText(text))
		}
		var occurred *time.Time
		if !e.Occurred.IsZero() {
			occurred = new(e.Occurred)
		}
		a.occurred, a.resources = append(a.occurred, occurred), append(a.resources, e.Resource)
	}
}

func (a *pgEventArgs) list() []any {
	return []any{
		a.texts[0], a.texts[1], a.texts[2], a.texts[3], a.texts[4], a.texts[5], a.texts[6], a.occurred, a.resources,
	}
}

// pgObjects are the objects that must be locked for what is written: in the place of one that has no id stands the event.
func pgObjects(o *Object, events []Event) (ids []string) {
	if o != nil {
		ids = append(ids, o.ID)
	}
	for _, e := range events {
		if e.ObjectID != "" {
			ids = append(ids, e.ObjectID)
		} else {
			ids = append(ids, EventID(e.ObjectID, e.Kind, e.Cause))
		}
	}
	return ids
}
