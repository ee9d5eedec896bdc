package webhook

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are what the operator can watch. No label holds an id, an address or anything else from outside.
type metrics struct {
	requests *prometheus.CounterVec
	storing  prometheus.Histogram
	stored   prometheus.Gauge
}

func newMetrics(r prometheus.Registerer, h *Handler) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tillgate_webhook_requests_total",
			Help: "Requests to the webhook listener, by what became of them.",
		}, []string{"result"}),
		storing: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "tillgate_webhook_store_seconds",
			Help:    "How long it took to keep a webhook durably, or to give up.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 12),
		}),
		stored: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "tillgate_webhook_last_stored_timestamp_seconds",
			Help: "When the last webhook was kept; 0 where none was.",
		}),
	}
	for _, a := range answers {
		m.requests.WithLabelValues(a.result)
	}
	if r == nil {
		return m, nil
	}
	return m, errors.Join(
		r.Register(m.requests), r.Register(m.storing), r.Register(m.stored),
		r.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "tillgate_webhook_in_flight",
			Help: "Webhooks that are being written.",
		}, func() float64 { return float64(len(h.inFlight)) })),
		r.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "tillgate_webhook_clock_alarm",
			Help: "1 while most of Stripe's requests of the last 5 minutes are signed too long ago, or in the future.",
		}, func() float64 {
			if h.clock.isWrong(h.now()) {
				return 1
			}
			return 0
		})),
		r.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "tillgate_webhook_clock_skew_seconds",
			Help: "How far our clock was ahead of the time of the last request that was surely Stripe's.",
		}, func() float64 { return h.clock.lastSkew().Seconds() })),
	)
}

func (m *metrics) count(a answer) { m.requests.WithLabelValues(a.result).Inc() }

func (m *metrics) tookToStore(d time.Duration) { m.storing.Observe(d.Seconds()) }
