package proof_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"time"

	"github.com/tillgate/tillgate/server/internal/stripegw"
)

const (
	// longestOnTheWay is how late a request may reach Stripe that nobody waits for any more.
	longestOnTheWay = 2 * time.Minute
	// sendSlack is how long after the look at an operation's age a send may come: the store may be slow in between, and
	// what was on its way for longer than a send may take is given up.
	sendSlack = 40 * time.Second
)

// simGateway watches what the runner asks of the gateway.
type simGateway struct {
	*stripegw.Gateway

	m *machine
}

// sendsOfWrite and operationOf are what a context brings from the gateway to its transport.
type (
	sendsOfWrite struct{}
	operationOf  struct{}
)

// Write counts what one write sends.
func (g simGateway) Write(ctx context.Context, s stripegw.Sending) stripegw.Result {
	h := g.m.h
	h.mu.Lock()
	if seen := h.operations[s.OperationID]; seen == nil {
		h.breaksLocked("%s is sent, but did not begin", s.OperationID)
	} else {
		if seen.stripeKey != s.Key {
			h.breaksLocked("%s is sent under another key: %s", s.OperationID, s.Key)
		}
		if s.MaxSends > 1 {
			seen.flights++
		} else {
			seen.steps++
			h.counts.Resends++
		}
	}
	h.mu.Unlock()
	defer h.during()()
	sends := new(int)
	result := g.Gateway.Write(context.WithValue(ctx, sendsOfWrite{}, sends), s)
	if *sends > min(s.MaxSends, 3) || *sends != result.Sends {
		h.breaks("F12: %s sent %d times, says %d, and may %d", s.OperationID, *sends, result.Sends, s.MaxSends)
	}
	h.note("%s sent %s: %s after %d, %v, keeps failing %t", g.m.name, short(s.OperationID), result.Verdict, result.Sends,
		result.Uncertainty, result.KeepsFailing)
	return result
}

// LookUp counts.
func (g simGateway) LookUp(ctx context.Context, s stripegw.Search) (stripegw.Finding, error) {
	g.m.h.count(func(c *counts) { c.LookUps++ })
	defer g.m.h.during()()
	finding, err := g.Gateway.LookUp(context.WithValue(ctx, operationOf{}, s.OperationID), s)
	g.m.h.note("%s looks for %s: found %t, %v", g.m.name, short(s.OperationID), finding.Found, err)
	return finding, err
}

// ReadResult names the operation to the transport.
func (g simGateway) ReadResult(ctx context.Context, s stripegw.Search, objectID string) (stripegw.Finding, error) {
	return g.Gateway.ReadResult(context.WithValue(ctx, operationOf{}, s.OperationID), s, objectID)
}

// simTransport is a machine's way to Stripe.
type simTransport struct{ m *machine }

// RoundTrip brings a request to Stripe and an answer back, unless something happens on the way.
func (t simTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	h := t.m.h
	purpose, _ := r.Context().Value(operationOf{}).(string)
	if keys := r.Header["idempotency-key"]; len(keys) == 1 { //nolint:staticcheck // the gateway's own spelling
		purpose = keys[0]
		h.sends(r, keys[0])
	} else if r.Method != http.MethodGet {
		h.breaks("%s %s has no key", r.Method, r.URL.Path)
	}
	t.m.mustPass("wire " + purpose)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	var got *http.Response
	var err error
	switch roll := h.breaksOnTheWay(purpose); {
	case roll < 0.4:
		return nil, noDial(r)
	case roll < 0.7:
		return nil, h.arrivesLate(r, purpose)
	default:
		got, err = h.stripe.RoundTrip(r)
	}
	t.m.mustPass("wire " + purpose)
	if failed := r.Context().Err(); err == nil && failed != nil {
		_ = got.Body.Close()
		return nil, failed
	}
	return got, err
}

// sends checks a send before it leaves.
func (h *history) sends(r *http.Request, key string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.counts.Posts++
	if sends, ok := r.Context().Value(sendsOfWrite{}).(*int); ok {
		*sends++
	}
	seen := h.byKey[key]
	if seen == nil {
		h.breaksLocked("a send under a key that is nobody's")
		return
	}
	seen.sends++
	if age := time.Since(seen.begunAt); age > h.window+sendSlack {
		h.breaksLocked("%s is sent %s after its begin, the window is %s", seen.id, age, h.window)
	}
}

// breaksOnTheWay is under 1 if the network fails this time, and says how.
func (h *history) breaksOnTheWay(purpose string) float64 {
	return h.share("net "+purpose, &h.netFaults)
}

// noDial finds no connection, and says so as net/http does.
func noDial(r *http.Request) error {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GetConn != nil {
		trace.GetConn(r.URL.Host)
	}
	return io.ErrUnexpectedEOF
}

// arrivesLate is a connection that is lost while the request is on it: it comes to Stripe when nobody waits for it.
func (h *history) arrivesLate(r *http.Request, purpose string) error {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return err
		}
	}
	late := r.Clone(context.WithoutCancel(r.Context()))
	late.Body = io.NopCloser(bytes.NewReader(body))
	wait := time.Duration(h.dice("late "+purpose) * float64(longestOnTheWay-time.Second))
	h.count(func(c *counts) { c.Late++ })
	arrived := h.during()
	go func() {
		defer arrived()
		<-time.After(wait)
		if got, err := h.stripe.RoundTrip(late); err == nil {
			_ = got.Body.Close()
		}
	}()
	return io.ErrUnexpectedEOF
}

// during counts what takes time, until it is called off.
func (h *history) during() (over func()) {
	add := func(n int) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.underWay += n
	}
	add(1)
	return func() { add(-1) }
}
