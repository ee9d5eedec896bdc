package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strconv"
	"time"
)

// delivery says how much of an answer reaches the caller.
type delivery int

const (
	whole     delivery = iota
	dropped            // the connection ends with no answer
	truncated          // it ends in the middle of the body
	slow               // the second half of the body comes after a pause
)

// answer is one response before it is on the wire.
type answer struct {
	status   int
	header   http.Header
	body     []byte
	delivery delivery
	pause    time.Duration
}

// answer renders an object the way Stripe prints it: two spaces, "<", ">" and "&" escaped, a line break at the end.
func (c *call) answer(status int, object any) answer {
	return answer{status: status, header: c.headers(status), body: printed(object)}
}

func printed(object any) []byte {
	body, err := json.MarshalIndent(object, "", "  ")
	if err != nil { // can not be: every object here is made of texts, numbers and maps of texts
		panic(err) //nolint:forbidigo // a mistake in this package that its tests would show
	}
	return append(body, '\n')
}

func (c *call) refuse(f *failure) answer {
	a := c.answer(f.status, f.body(c.requestID, c.received))
	if f.status == http.StatusUnauthorized {
		a.header.Set("Www-Authenticate", `Basic realm="Stripe"`)
	}
	return a
}

// headers are those of captured answers of api.stripe.com. A first answer to a POST names itself as the original, and
// gives a key also where the caller sent none; Stripe-Should-Retry is false where trying the same request again changes
// nothing.
func (c *call) headers(status int) http.Header {
	h := http.Header{}
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, PUT, PATCH, POST, DELETE")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Request-Id, Stripe-Manage-Version, Stripe-Should-Retry, "+
		"X-Stripe-External-Auth-Required, X-Stripe-Privileged-Session-Required")
	h.Set("Access-Control-Max-Age", "300")
	h.Set("Cache-Control", "no-cache, no-store")
	h.Set("Content-Type", "application/json")
	h.Set("Request-Id", c.requestID)
	h.Set("Stripe-Version", apiVersion)
	h.Set("Vary", "Origin")
	if c.echoed != "" {
		h.Set("Idempotency-Key", c.echoed)
	}
	if c.method == http.MethodPost && c.route != nil && status < http.StatusInternalServerError &&
		status != http.StatusConflict {
		h.Set("Stripe-Should-Retry", "false")
		h.Set("Original-Request", c.requestID)
	}
	return h
}

// writeTo puts the answer on a connection. A dropped connection is the panic that net/http reserves for it: the peer
// sees its connection closed, also on a reused one, which is what Go's transport may answer with a silent second send.
func (a answer) writeTo(w http.ResponseWriter, r *http.Request) {
	if a.delivery == dropped {
		panic(http.ErrAbortHandler) //nolint:forbidigo // net/http's own way to end a connection with no answer
	}
	maps.Copy(w.Header(), a.header)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	half := len(a.body)
	if a.delivery != whole {
		half /= 2
	}
	_, _ = w.Write(a.body[:half]) // the peer may be gone: nobody is left to tell
	if a.delivery == whole {
		return
	}
	_ = http.NewResponseController(w).Flush()
	if a.delivery == truncated || !sleep(r.Context(), a.pause) {
		panic(http.ErrAbortHandler) //nolint:forbidigo // as above
	}
	_, _ = w.Write(a.body[half:])
}

// response makes the answer of an in-process round trip.
func (a answer) response(r *http.Request) (*http.Response, error) {
	if a.delivery == dropped {
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		return nil, io.ErrUnexpectedEOF
	}
	body := io.Reader(bytes.NewReader(a.body))
	half := len(a.body) / 2
	switch a.delivery {
	case truncated:
		body = io.MultiReader(bytes.NewReader(a.body[:half]), readerFunc(func([]byte) (int, error) {
			return 0, io.ErrUnexpectedEOF
		}))
	case slow:
		body = io.MultiReader(bytes.NewReader(a.body[:half]), pause(r.Context(), a.pause), bytes.NewReader(a.body[half:]))
	case whole, dropped:
	}
	return &http.Response{
		Status: strconv.Itoa(a.status) + " " + http.StatusText(a.status), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: a.header.Clone(), Body: io.NopCloser(body), ContentLength: int64(len(a.body)),
	}, nil
}

// pause is a reader that ends after some time, with nothing read.
func pause(ctx context.Context, d time.Duration) io.Reader {
	return readerFunc(func([]byte) (int, error) {
		if !sleep(ctx, d) {
			return 0, ctx.Err()
		}
		return 0, io.EOF
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
