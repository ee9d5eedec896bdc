package stripegw

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

const (
	// connectTimeout bounds a connection attempt, and again the TLS handshake on it. In both nothing is sent yet.
	connectTimeout = 5 * time.Second
	// idleConnections is how many connections are kept open. Go's default of 2 means a handshake for nearly every call
	// under load, which costs up to 3/4 of the calls per second.
	idleConnections = 256
	// idleTimeout closes a connection that nobody used, before a load balancer on the way does: a request on a
	// connection that the other side has just closed has an unknown outcome.
	idleTimeout = 50 * time.Second
	// tlsSessions is how many TLS sessions are remembered, so that a new connection needs no full handshake.
	tlsSessions = 64
)

// NewTransport returns the transport that a Gateway uses by default. It speaks HTTP/1.1 only: that needs less CPU here,
// and an HTTP/2 transport of Go repeats a POST with an empty body by itself when the server resets its stream
// (shouldRetryRequest in net/http's h2_bundle.go), which no caller would see.
func NewTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		// A company's way out to the internet may be a proxy.
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		TLSHandshakeTimeout: connectTimeout,
		TLSClientConfig: &tls.Config{
			MinVersion:         tls.VersionTLS12,
			ClientSessionCache: tls.NewLRUClientSessionCache(tlsSessions),
		},
		Protocols:           protocols,
		MaxIdleConnsPerHost: idleConnections,
		IdleConnTimeout:     idleTimeout,
		// Answers are a few kilobytes: to unpack them would cost more than it saves.
		DisableCompression: true,
	}
}
