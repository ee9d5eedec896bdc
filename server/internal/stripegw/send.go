package stripegw

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"

	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/call"
)

const (
	// maxBody is the largest answer that is read, in bytes. A payment with its charge has about 8 KB; a page of 100, each
	// with all the metadata that Stripe keeps, on the payment and on its charge, has less than 20 MB.
	maxBody = 24 << 20
	// maxKey is the longest idempotency key that Stripe takes (https://docs.stripe.com/api/idempotent_requests).
	maxKey = 255
	// keyHeader is not in the canonical form on purpose. Go's transport repeats a request unseen, when a reused
	// connection dies, if it finds `Idempotency-Key` in the header map (isReplayable in net/http's request.go). Under
	// this name it finds nothing and repeats nothing; on the wire header names have no case (RFC 9110, 5.1).
	keyHeader = "idempotency-key"
)

const (
	errKey      = apierr.ConstError("a write without a usable idempotency key")
	errRequest  = apierr.ConstError("a request that Prepare can not have recorded")
	errTooLarge = apierr.ConstError("the answer is too large")
)

// Send hands a request to the transport once, under an idempotency key where it is a write, and returns the answer if it
// is one of success. It never repeats a write, which is for Write, and never follows a redirect. It obeys ctx and the
// send timeout, whichever ends first.
//
// An error is a *SendError; or an *apierr.Error, INTERNAL, for a request that must not leave: a write without a key,
// for which a repetition would be a second operation.
func (g *Gateway) Send(ctx context.Context, r Request, key string) (Answer, error) {
	if err := refusal(r, key); err != nil {
		return Answer{}, internal(err)
	}
	if err := ctx.Err(); err != nil {
		return Answer{}, &SendError{NothingSent: true, cause: err, kept: true}
	}
	sendCtx, cancel := context.WithTimeout(ctx, g.sendTimeout)
	defer cancel()
	var seen connection
	if r.isWrite() {
		sendCtx = httptrace.WithClientTrace(sendCtx, seen.trace())
	}
	req, err := g.httpRequest(sendCtx, r, key)
	if err != nil {
		return Answer{}, internal(err)
	}

	// The transport is called without an http.Client around it, which would follow redirects.
	g.sends.Add(1)
	resp, err := g.transport.RoundTrip(req)
	if err != nil {
		g.reachability.noAnswer(ctx)
		return Answer{}, &SendError{NothingSent: seen.neverGot(), cause: err}
	}
	defer func() { _ = resp.Body.Close() }()
	answer := Answer{
		Status:    resp.StatusCode,
		RequestID: token(resp.Header.Get("Request-Id")),
		Replayed:  resp.Header.Get("Idempotent-Replayed") == "true",
	}
	if answer.RequestID != "" {
		call.From(ctx).SetStripeRequestID(answer.RequestID)
	}
	body, err := readBody(resp)
	if err != nil || answer.Status >= http.StatusInternalServerError {
		g.reachability.noAnswer(ctx)
	} else {
		g.reachability.answered()
	}
	switch {
	case err != nil:
		return Answer{}, &SendError{Answer: answer, cause: err}
	case answer.Status < 200 || answer.Status > 299:
		return Answer{}, &SendError{
			Answer: answer, Stripe: decodeError(answer, body, resp.Header), declined: decodeDeclined(answer, body),
			shouldRetry: resp.Header.Get("Stripe-Should-Retry"),
		}
	}
	answer.Body = body
	return answer, nil
}

// refusal says why a request must not be sent, if so.
func refusal(r Request, key string) error {
	switch {
	case !r.valid():
		return errRequest
	case r.isWrite() && !usableKey(key):
		return errKey
	}
	return nil
}

// usableKey is whether Stripe takes the key, and a header can carry it.
func usableKey(key string) bool {
	if key == "" || len(key) > maxKey {
		return false
	}
	for i := range len(key) {
		if key[i] <= ' ' || key[i] > '~' {
			return false
		}
	}
	return true
}

// httpRequest builds what goes over the wire. GetBody stays nil, so that no transport can rewind the body and send it
// again, and the length is known, so that the body is not sent in chunks.
func (g *Gateway) httpRequest(ctx context.Context, r Request, key string) (*http.Request, error) {
	target := g.base + r.Path
	if !r.isWrite() && r.Form != "" {
		target += "?" + r.Form
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, target, http.NoBody)
	if err != nil {
		// Its text repeats the address, and with it ids.
		return nil, errRequest
	}
	req.GetBody = nil
	req.Header["Authorization"] = g.authorization
	req.Header["Stripe-Version"] = g.stripeVersion
	req.Header["User-Agent"] = g.userAgent
	if r.isWrite() {
		req.Header["Content-Type"] = g.contentType
		req.Header[keyHeader] = []string{key}
		if r.Form != "" {
			req.Body = io.NopCloser(strings.NewReader(r.Form))
			req.ContentLength = int64(len(r.Form))
		}
	}
	return req, nil
}

// readBody returns the whole body, or an error if it is cut off or too large.
func readBody(resp *http.Response) ([]byte, error) {
	if resp.ContentLength > maxBody {
		return nil, errTooLarge
	}
	var body bytes.Buffer
	if resp.ContentLength > 0 {
		body.Grow(int(resp.ContentLength) + bytes.MinRead)
	}
	if n, err := body.ReadFrom(io.LimitReader(resp.Body, maxBody+1)); err != nil {
		return nil, err
	} else if n > maxBody {
		return nil, errTooLarge
	}
	return body.Bytes(), nil
}

// connection watches how far a request came before it failed.
type connection struct {
	wanted, got atomic.Bool
}

func (c *connection) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) { c.wanted.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { c.got.Store(true) },
	}
}

// neverGot is whether a transport looked for a connection and has found none: no name, no route, no handshake, or no
// time. Nothing can have been sent then. A transport that tells us nothing may have sent everything.
func (c *connection) neverGot() bool { return c.wanted.Load() && !c.got.Load() }
