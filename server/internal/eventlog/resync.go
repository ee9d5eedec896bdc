package eventlog

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// resyncSkew is how far the clock of a server may be from the store's, when it is told which objects were not seen.
const resyncSkew = 20 * time.Minute

// resyncState is how far all objects were read again after events were lost.
type resyncState struct {
	// Since names the gap: when the list was last looked through before it, in seconds since 1970.
	Since int64 `json:"since"`
	// Start is when the reading began, in seconds since 1970.
	Start int64 `json:"start"`
	// Sweep is whether Stripe's lists are done, and what they did not show is read one by one.
	Sweep bool `json:"sweep,omitempty"`
	// Kind and After are the type that it is at, and the last object of it that is done.
	Kind  string `json:"kind"`
	After string `json:"after"`
	// Done is whether all is read.
	Done bool `json:"done"`
}

// cause is that of the events that it publishes: two servers that find the same tell it once.
func (s resyncState) cause() string {
	return "resync:" + time.Unix(s.Since, 0).UTC().Format(time.RFC3339)
}

// begun is when the reading surely had not begun yet, whatever clock that is told by.
func (s resyncState) begun() time.Time { return time.Unix(s.Start, 0).Add(-resyncSkew) }

// sweptKinds are those that Stripe's lists do not show for good: payment methods can be listed for one customer alone,
// and what is deleted is not listed any more.
func sweptKinds() []string { return []string{"payment_method", "customer", "price"} }

func swept(kind string) bool { return slices.Contains(sweptKinds(), kind) }

// openGap says that events were lost for good, and has all objects read again.
func (r *Repair) openGap(ctx context.Context, last cursor) error {
	r.metrics.gap.Set(1)
	r.c.Logger.LogAttrs(ctx, slog.LevelError, "DATA_GAP: Stripe no longer lists all events since the list was last "+
		"looked through; what happened in between is not told, and all objects are read again",
		slog.Time("since", time.Unix(last.Success, 0).UTC()), slog.String("last_event", last.ID),
		slog.String("what_to_do", "read the objects that matter to you; the gauge tillgate_events_data_gap is 0 when all "+
			"objects have been read"))
	place := &fact{store: r.c.Store, name: resyncFact}
	var standing resyncState
	known, err := place.read(ctx, &standing)
	if err != nil {
		return err
	}
	if known && standing.Since == last.Success {
		return nil // Another server has found the same gap.
	}
	err = place.write(ctx, resyncState{
		Since: last.Success, Start: r.c.Now().Unix(), Kind: stripegw.ListedKinds()[0],
	})
	if errors.Is(err, store.ErrFenced) {
		return nil // As above.
	}
	return err
}

// resync reads all objects again where events were lost, and goes on where it, or another server, has stopped.
func (r *Repair) resync(ctx context.Context) error {
	for ctx.Err() == nil {
		place := &fact{store: r.c.Store, name: resyncFact}
		var s resyncState
		known, err := place.read(ctx, &s)
		if err != nil {
			return err
		}
		if !known || s.Done {
			r.metrics.gap.Set(0)
			return nil
		}
		r.metrics.gap.Set(1)
		next, err := r.resyncPage(ctx, s)
		if err != nil {
			return err
		}
		switch err := place.write(ctx, next); {
		case errors.Is(err, store.ErrFenced):
			return nil // Another server is at it.
		case err != nil:
			return err
		case next.Done:
			r.c.Logger.LogAttrs(ctx, slog.LevelWarn, "all objects have been read again after a data gap",
				slog.Time("since", time.Unix(s.Since, 0).UTC()))
		}
	}
	return ctx.Err()
}

// resyncPage does one page, and returns how far that comes.
func (r *Repair) resyncPage(ctx context.Context, s resyncState) (resyncState, error) {
	if s.Sweep {
		return r.sweepPage(ctx, s)
	}
	resources, more, err := page(ctx, r, func(ctx context.Context) ([]stripegw.Resource, bool, error) {
		return r.c.Gateway.ListObjects(ctx, s.Kind, s.After)
	})
	if missingArgument(err) {
		s.After = "" // What it went on behind is gone: this type from the beginning.
		return s, nil
	}
	if err != nil {
		return s, err
	}
	for _, resource := range resources {
		if err := r.restate(ctx, resource.ID, resource.Kind, &resource, s); err != nil {
			return s, err
		}
		s.After = resource.ID
	}
	if more && len(resources) > 0 {
		return s, nil
	}
	kinds := stripegw.ListedKinds()
	s.After = ""
	if at := slices.Index(kinds, s.Kind); at >= 0 && at+1 < len(kinds) {
		s.Kind = kinds[at+1]
		return s, nil
	}
	s.Sweep, s.Kind = true, sweptKinds()[0]
	return s, nil
}
