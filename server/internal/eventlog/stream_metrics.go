package eventlog

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

// streamMetrics are what an operator sees of the streams.
type streamMetrics struct {
	open      prometheus.Gauge
	delivered prometheus.Counter
	ended     *prometheus.CounterVec
}

func newStreamMetrics(registerer prometheus.Registerer) *streamMetrics {
	m := &streamMetrics{
		open: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "tillgate_events_streams_open", Help: "Streams that are open, of events and of single payments.",
		}),
		delivered: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tillgate_events_delivered_total", Help: "Events sent to streams, once for each stream.",
		}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tillgate_events_streams_ended_total",
			Help: "Streams that ended or were refused, by the reason, and by the cause of STREAM_ENDED.",
		}, []string{"reason", "cause"}),
	}
	if registerer != nil {
		registerer.MustRegister(m.open, m.delivered, m.ended)
	}
	return m
}

// end counts the end of a stream.
func (m *streamMetrics) end(err error) {
	reason, cause := "OK", ""
	if err != nil {
		ours := apierr.From(err)
		reason, cause = apierr.ShortReason(ours.Reason), ours.Metadata["cause"]
	}
	m.ended.WithLabelValues(reason, cause).Inc()
}
