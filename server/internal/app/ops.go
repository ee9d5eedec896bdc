package app

import (
	"encoding/json"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"google.golang.org/grpc/health"
	healthgrpc "google.golang.org/grpc/health/grpc_health_v1"
)

// The states of a part. A part that is degraded takes nobody out of service: what does not need it goes on.
const (
	partServing    = "serving"
	partNotServing = "not serving"
	partDegraded   = "degraded"
)

// readiness is the answer of /readyz.
type readiness struct {
	// Ready is whether calls are welcome. It depends on ourselves and our store only: were we to leave the load balancer while Stripe
	// is down, callers would lose the errors that tell them what to do, and all replicas would leave at once.
	Ready bool `json:"ready"`
	// Parts says how each part is.
	Parts map[string]string `json:"parts"`
}

// newRegistry holds what /metrics shows: what the parts count, and how the process is.
func newRegistry() *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry
}

// opsHandler answers orchestrators: /livez says that the process runs, /readyz whether calls are welcome, and how each
// part is; and whoever measures: /metrics, in the text format of Prometheus.
func opsHandler(
	h *health.Server, stripeReachable, storeWritable func() bool, metrics prometheus.Gatherer,
) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]bool{"live": true})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		body := readiness{Parts: map[string]string{
			"api": partNotServing, "store": partServing, "stripe": partServing,
		}}
		resp, err := h.Check(r.Context(), &healthgrpc.HealthCheckRequest{})
		if err == nil && resp.GetStatus() == healthgrpc.HealthCheckResponse_SERVING {
			body.Ready, body.Parts["api"] = true, partServing
		}
		if !storeWritable() {
			// No write can begin here. Another replica may be better off, and with one store for all it makes no difference.
			body.Ready, body.Parts["store"] = false, partNotServing
		}
		if !stripeReachable() {
			body.Parts["stripe"] = partDegraded
		}
		status := http.StatusOK
		if !body.Ready {
			status = http.StatusServiceUnavailable
		}
		answer(w, status, body)
	})
	return mux
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// It fails only where the asker has gone.
	_ = json.NewEncoder(w).Encode(body)
}
