package app

import (
	"context"
	"io"
	"net/http"

	"google.golang.org/grpc/health"
	healthgrpc "google.golang.org/grpc/health/grpc_health_v1"
)

// opsHandler answers orchestrators: /livez says that the process runs, /readyz that calls are welcome.
func opsHandler(h *health.Server) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, "alive")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if isServing(r.Context(), h) {
			answer(w, http.StatusOK, "ready")
		} else {
			answer(w, http.StatusServiceUnavailable, "not serving")
		}
	})
	return mux
}

func isServing(ctx context.Context, h *health.Server) bool {
	resp, err := h.Check(ctx, &healthgrpc.HealthCheckRequest{})
	return err == nil && resp.GetStatus() == healthgrpc.HealthCheckResponse_SERVING
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n")
}
