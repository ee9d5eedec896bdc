package webhook

import (
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
)

const (
	// maxHeaders bounds the headers of a request; net/http refuses more with 431.
	maxHeaders = 64 << 10
	// maxConnections leaves room for Stripe beside thousands that say nothing, for as long as it takes to cut those.
	maxConnections = 4096
)

// NewServer returns a server for the one listener that may face the internet. Whoever does not say all that it has to say
// within 10 s, and its headers within 5 s, is cut. It speaks HTTP/1.1 without TLS: what stands before it, and ends TLS for
// it, must do the same.
func NewServer(h http.Handler, logger *slog.Logger) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		// It begins with the end of the headers, so it holds the body, the store and the answer.
		WriteTimeout: 15 * time.Second,
		// Stripe uses connections again, and only who was answered 200 or 503 keeps one.
		IdleTimeout:    time.Minute,
		MaxHeaderBytes: maxHeaders,
		Protocols:      protocols,
		ErrorLog:       slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
}

// Limit bounds how many connections are served at once, to 4,096. More wait to be accepted.
func Limit(l net.Listener) net.Listener { return netutil.LimitListener(l, maxConnections) }
