package stripegw_test

import (
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// step is what one send meets.
type step struct {
	name   string
	status int
	body   string
	header map[string]string
	// lost closes the connection after the request was read whole; cut does so in the middle of the answer.
	lost, cut bool
	// unreachable is a connection that can not be made.
	unreachable bool
}

// with is the step with a header.
func (s step) with(name, value string) step {
	header := map[string]string{name: value}
	maps.Copy(header, s.header)
	s.header = header
	return s
}

func (s step) serve(w http.ResponseWriter) {
	if s.lost {
		hangUp(w)
		return
	}
	for name, value := range s.header {
		w.Header().Set(name, value)
	}
	w.Header().Set("Request-Id", "req_"+s.name)
	if s.cut {
		w.Header().Set("Content-Length", "5000")
	}
	w.WriteHeader(s.status)
	_, _ = io.WriteString(w, s.body)
}

// hangUp closes the connection that a request came on.
func hangUp(w http.ResponseWriter) {
	if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = c.Close()
	}
}

// script is a Stripe that answers one step after the other, over real connections; the last step goes on for ever.
type script struct {
	*fakeStripe

	steps []step
	sends atomic.Int32
	real  *http.Transport
}

func newScript(t *testing.T, steps ...step) *script {
	t.Helper()
	s := &script{steps: steps, real: stripegw.NewTransport()}
	s.fakeStripe = newStripe(t, func(w http.ResponseWriter, _ *http.Request) { s.current().serve(w) })
	t.Cleanup(s.real.CloseIdleConnections)
	return s
}

// gateway speaks to the script, and waits only a little between two sends.
func (s *script) gateway(t *testing.T) *stripegw.Gateway {
	t.Helper()
	return newGateway(t, s.URL, func(c *stripegw.Config) { c.Transport, c.BackOff = s, time.Millisecond })
}

func (s *script) current() step {
	return s.steps[min(int(s.sends.Load()), len(s.steps))-1]
}

// RoundTrip goes over the wire, but where the step is that there is none.
func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.sends.Add(1)
	if !s.current().unreachable {
		return s.real.RoundTrip(r)
	}
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil {
		trace.GetConn("stripe.test:443")
	}
	return nil, &net.OpError{Op: "dial", Err: io.ErrUnexpectedEOF}
}
