package app

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tillgate/tillgate/server/internal/config"
	"github.com/tillgate/tillgate/server/internal/eventlog"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// sandboxBudget is what the log may ask of a sandbox, in requests a second: it has no limit of its own.
const sandboxBudget = 1000

// events are the parts that make the log of what happened, and tell it on.
type events struct {
	log       store.Store
	projector *eventlog.Projector
	repair    *eventlog.Repair
	keeper    *eventlog.Keeper
	tail      *eventlog.Tail
	streams   *eventlog.Streams
}

func newEvents(
	ctx context.Context, c config.Serve, log store.Store, gateway *stripegw.Gateway,
	registry prometheus.Registerer, logger *slog.Logger,
) (*events, error) {
	writing := eventlog.Config{
		Store: log, Gateway: gateway, Keys: c.Store.Keys, Logger: logger, Registerer: registry,
		Live: c.Stripe.Key.Live(), Account: c.Stripe.Account, Retention: c.EventRetention, Budget: eventlog.NewBudget(eventlog.DefaultBudget),
	}
	if c.Sandbox != nil {
		writing.Budget = eventlog.NewBudget(sandboxBudget)
	}
	tail := eventlog.NewTail(log, c.Store.Keys, logger)
	streams, err := eventlog.NewStreams(ctx, eventlog.StreamsConfig{
		Log: log, Tail: tail, Keys: c.Store.Keys, Logger: logger, Registerer: registry,
	})
	if err != nil {
		return nil, fmt.Errorf("build the streams: %w", err)
	}
	projector := eventlog.NewProjector(writing)
	writing.Wake = projector.Wake
	return &events{
		log: log, projector: projector, repair: eventlog.NewRepair(writing), keeper: eventlog.NewKeeper(writing),
		tail: tail, streams: streams,
	}, nil
}

// parts are what runs beside the calls.
func (e *events) parts() []func(context.Context) {
	return []func(context.Context){e.log.Sequence, e.projector.Run, e.repair.Run, e.keeper.Keep, e.tail.Run}
}
