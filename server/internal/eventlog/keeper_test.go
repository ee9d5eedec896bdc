package eventlog_test

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tillgate/tillgate/server/internal/eventlog"
)

// What is older than the retention goes, but for the newest event; and what waits is counted.
func TestKeeper(t *testing.T) {
	t.Parallel()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			registry := prometheus.NewRegistry()
			w := newWorld(t, e)
			p := w.project(t)
			w.customers(t, 5)
			w.receive(t, bodies(w.happened(t), nil)...)
			w.settled(t, p)
			c := w.config
			c.Registerer, c.Retention = registry, time.Nanosecond
			background(t, eventlog.NewKeeper(c).Keep)
			until(t, "what is old is gone", func() bool {
				head, err := w.store.Head(t.Context())
				return err == nil && head.Position == 5 && head.Oldest == 5
			})
			until(t, "it is counted", func() bool { return gauge(t, registry, "tillgate_events_erased_total") >= 4 })
		})
	}
}
