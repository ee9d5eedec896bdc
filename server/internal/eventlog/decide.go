package eventlog

import (
	"strings"

	"github.com/tillgate/tillgate/server/internal/store"
)

// ownCause begins the idempotency keys that are ours: what has one was caused by a write of ours.
const ownCause = "tg1-"

// verdict is what becomes of an object when an event comes.
type verdict int

const (
	// take: what the event holds is newer than what is known.
	take verdict = iota + 1
	// keep: what is known is as new, and is what the event tells.
	keep
	// joined: what is known was learned by the write that caused the event. It is kept, and its time is known from here
	// on.
	joined
	// compare: nothing tells which of the two is newer. Where they say the same, it is kept; else it is fetched.
	compare
	// fetch: only Stripe can tell how it is now.
	fetch
)

// news is what an event says of an object, as far as the decision hangs on it.
type news struct {
	// created is Stripe's time of it, in seconds; kind what happened.
	created int64
	kind    string
	cause   string
	// begins is whether it is of the first kind that there can be of the object.
	begins bool
	// readable is whether it holds the object itself, in the shape of our version of the API.
	readable bool
	// state and ended are those of the object in it, if readable.
	state int32
	ended bool
}

func (n news) own() bool { return strings.HasPrefix(n.cause, ownCause) }

// first is whether it tells of the beginning of the object: nothing that it holds can be newer than anything else that
// is known of it.
func (n news) first() bool { return strings.HasSuffix(n.kind, ".created") }

// decide says what becomes of an object, as it is known, when an event comes. The order in which events come says
// nothing, and Stripe's times little: they are whole seconds, and several events share one. What holds in any order:
//
//   - An object never leaves its last state: that is newer than any other, and what follows can only fill it out.
//   - Its first state is older than any other.
//   - After a write or a read of ours it is not known which events the state covers: only that an event that is older
//     than one which it covers is covered, too.
func decide(row store.Object, n news) verdict {
	caused := n.own() && n.cause == row.Cause // by the same request that led to what is known
	switch {
	case row.Version == 0:
		return decideUnknown(n)
	case caused && row.Basis == store.BasisWrite && (row.Ended || !n.ended):
		// The answer to the write was made after all that the write caused, but for an end that a bank sent later.
		return joined
	case n.first():
		return keep
	case row.Ended:
		return decideEnded(row, n, caused)
	case n.readable && n.ended:
		return take
	default:
		return decideByTime(row, n, caused)
	}
}

// decideUnknown is for an object of which this is the first that is heard. What begins it, ends it, or comes of our own
// write can be taken as it is; before anything else there was something that was missed, and there may be more.
func decideUnknown(n news) verdict {
	if n.readable && (n.begins || n.ended || n.own()) {
		return take
	}
	return fetch
}

// decideEnded lets the rest of an object be filled out that is in its last state.
func decideEnded(row store.Object, n news, caused bool) verdict {
	if n.created <= row.Created || n.readable && (!n.ended || n.state != row.State) {
		return keep
	}
	return decideByTime(row, n, caused)
}

// decideByTime goes by Stripe's times as far as they reach. Two events of one request may come in either order,
// whatever their seconds say of the states between.
func decideByTime(row store.Object, n news, caused bool) verdict {
	switch {
	case n.created < row.Created:
		return keep
	case !n.readable:
		return fetch
	case row.Basis != store.BasisEvent, n.created == row.Created, caused:
		return compare
	default:
		return take
	}
}
