package eventlog

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/store"
)

const (
	// eraseEvery is how often what is too old is looked for, eraseSize how much of it goes at a time, and erasePause
	// what is left to others in between.
	eraseEvery = time.Hour
	eraseSize  = 500
	erasePause = 50 * time.Millisecond
	// statsEvery is how often the log is counted.
	statsEvery = 15 * time.Second
)

// Keeper deletes what is too old, and counts what waits.
type Keeper struct {
	log       store.Log
	retention time.Duration
	logger    *slog.Logger
	metrics   *keeperMetrics
	told      atomic.Int64
}

// NewKeeper returns a Keeper.
func NewKeeper(c Config) *Keeper {
	c = c.withDefaults()
	return &Keeper{log: c.Store, retention: c.Retention, logger: c.Logger, metrics: newKeeperMetrics(c.Registerer)}
}

// Keep works until the context ends. Any number may run.
func (k *Keeper) Keep(ctx context.Context) {
	erase, count := time.NewTicker(eraseEvery), time.NewTicker(statsEvery)
	defer erase.Stop()
	defer count.Stop()
	k.count(ctx)
	k.erase(ctx)
	for ctx.Err() == nil {
		select {
		case <-count.C:
			k.count(ctx)
		case <-erase.C:
			k.erase(ctx)
		case <-ctx.Done():
		}
	}
}

// erase deletes what is too old, in small steps, so that others are not kept waiting.
func (k *Keeper) erase(ctx context.Context) {
	for ctx.Err() == nil {
		n, err := k.eraseSome(ctx)
		if err != nil {
			k.say(ctx, "erase", err)
			return
		}
		k.metrics.erased.Add(float64(n))
		if n < eraseSize || pause(ctx, erasePause) != nil {
			return
		}
	}
}

func (k *Keeper) eraseSome(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	return k.log.EraseLog(ctx, k.retention, eraseSize)
}

// count shows how the log is doing.
func (k *Keeper) count(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	stats, err := k.log.LogStats(ctx)
	if err != nil {
		k.say(ctx, "count", err)
		return
	}
	k.metrics.deliveries.WithLabelValues("waiting").Set(float64(stats.Waiting))
	k.metrics.deliveries.WithLabelValues("dead").Set(float64(stats.Dead))
	k.metrics.deliveries.WithLabelValues("quarantined").Set(float64(stats.Quarantined))
	k.metrics.oldest.Set(stats.Oldest.Seconds())
	k.metrics.unnumbered.Set(float64(stats.Unnumbered))
}

// say tells the operator, now and then, that the store fails.
func (k *Keeper) say(ctx context.Context, doing string, err error) {
	if ctx.Err() != nil || !sayAgain(&k.told) {
		return
	}
	k.logger.LogAttrs(ctx, slog.LevelWarn, "the log of events can not be kept in order: the store fails",
		append([]slog.Attr{slog.String("doing", doing)}, apierr.StoreUnavailable(err).LogAttrs()...)...)
}
