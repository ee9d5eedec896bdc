package stripegw_test

import (
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// TestTransportStaysWithHTTP1, even where the server offers HTTP/2, of which Go's transport repeats requests by itself;
// and it does not ask for compression.
func TestTransportStaysWithHTTP1(t *testing.T) {
	var got *http.Request
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		answer(200, smallPayment)(w, r)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	transport := stripegw.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	transport.TLSClientConfig.RootCAs.AddCert(server.Certificate())
	g := newGateway(t, server.URL, func(c *stripegw.Config) { c.Transport = transport })

	if _, err := create(t, g); err != nil {
		t.Fatal(err)
	}
	if got.ProtoMajor != 1 || got.Header.Get("Accept-Encoding") != "" {
		t.Errorf("%s, Accept-Encoding %q; want HTTP/1.1 and none", got.Proto, got.Header.Get("Accept-Encoding"))
	}
}
