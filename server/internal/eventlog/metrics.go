package eventlog

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// projectorMetrics count what became of deliveries. No label has an id in it, or anything of Stripe's.
type projectorMetrics struct {
	projected *prometheus.CounterVec
	failed    *prometheus.CounterVec
	deferred  *prometheus.CounterVec
	fetches   *prometheus.CounterVec
	dead      prometheus.Counter
	paused    prometheus.GaugeFunc
}

func newProjectorMetrics(registerer prometheus.Registerer, budget *Budget) *projectorMetrics {
	to := promauto.With(registerer)
	return &projectorMetrics{
		projected: to.NewCounterVec(prometheus.CounterOpts{
			Name: "tillgate_events_projected_total",
			Help: "Deliveries that came to their end: published, known (they told nothing new), or ignored.",
		}, []string{"result"}),
		failed: to.NewCounterVec(prometheus.CounterOpts{
			Name: "tillgate_events_failed_total",
			Help: "Tries of deliveries that failed, by cause. After five of one it is a dead letter.",
		}, []string{"cause"}),
		deferred: to.NewCounterVec(prometheus.CounterOpts{
			Name: "tillgate_events_deferred_total",
			Help: "Deliveries that were put off without a try: Stripe had no answer, or our share of its budget was used up.",
		}, []string{"reason"}),
		fetches: to.NewCounterVec(prometheus.CounterOpts{
			Name: "tillgate_events_fetches_total",
			Help: "Objects that were read at Stripe because an event did not tell how they are now.",
		}, []string{"result"}),
		dead: to.NewCounter(prometheus.CounterOpts{
			Name: "tillgate_events_dead_letters_total",
			Help: "Deliveries that became dead letters: a person must look.",
		}),
		paused: to.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "tillgate_events_stripe_pause_seconds",
			Help: "For how long Stripe is not asked in the background, because it had no answer. 0 while all is well.",
		}, func() float64 { return max(0, budget.left().Seconds()) }),
	}
}

// repairMetrics say how the repair is doing.
type repairMetrics struct {
	lastSuccess prometheus.Gauge
	repaired    prometheus.Counter
	failures    prometheus.Counter
	gap         prometheus.Gauge
	resynced    prometheus.Counter
}

func newRepairMetrics(registerer prometheus.Registerer) *repairMetrics {
	to := promauto.With(registerer)
	return &repairMetrics{
		lastSuccess: to.NewGauge(prometheus.GaugeOpts{
			Name: "tillgate_events_repair_last_success_timestamp",
			Help: "When Stripe's list of events was last looked through to its end, by any server, in seconds since 1970.",
		}),
		repaired: to.NewCounter(prometheus.CounterOpts{
			Name: "tillgate_events_repaired_total",
			Help: "Events that were found in Stripe's list before a webhook brought them.",
		}),
		failures: to.NewCounter(prometheus.CounterOpts{
			Name: "tillgate_events_repair_failures_total",
			Help: "Tries to look through Stripe's list that failed. They are repeated.",
		}),
		gap: to.NewGauge(prometheus.GaugeOpts{
			Name: "tillgate_events_data_gap",
			Help: "1 while it is known that events were lost for good, until all objects have been read again.",
		}),
		resynced: to.NewCounter(prometheus.CounterOpts{
			Name: "tillgate_events_resynced_total",
			Help: "Objects that were found to be other than they were known to be, after events were lost.",
		}),
	}
}

// keeperMetrics say how the log is doing.
type keeperMetrics struct {
	deliveries *prometheus.GaugeVec
	oldest     prometheus.Gauge
	unnumbered prometheus.Gauge
	erased     prometheus.Counter
}

func newKeeperMetrics(registerer prometheus.Registerer) *keeperMetrics {
	to := promauto.With(registerer)
	return &keeperMetrics{
		deliveries: to.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tillgate_events_deliveries",
			Help: "Deliveries that wait, are dead letters, or are in quarantine.",
		}, []string{"state"}),
		oldest: to.NewGauge(prometheus.GaugeOpts{
			Name: "tillgate_events_oldest_delivery_seconds",
			Help: "How long the longest waiting delivery has waited.",
		}),
		unnumbered: to.NewGauge(prometheus.GaugeOpts{
			Name: "tillgate_events_unnumbered",
			Help: "Events that are committed and have no position yet.",
		}),
		erased: to.NewCounter(prometheus.CounterOpts{
			Name: "tillgate_events_erased_total",
			Help: "Events and deliveries that were deleted because of their age.",
		}),
	}
}
