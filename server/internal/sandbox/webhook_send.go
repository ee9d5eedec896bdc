package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// patience is how long an endpoint may take to answer. Stripe does not publish its own.
const patience = 20 * time.Second

// webhook is one try to bring an event to an endpoint, ready to be sent.
type webhook struct {
	*outgoing
	url    string
	secret string
	at     time.Time // what the receiver's clock shows
	body   []byte
	told   *event // of which the body is made; nil where that is raw
}

// post sends a webhook. Only an answer from 200 to 299 is a success; without an answer the status is 0.
func (w *webhook) post(ctx context.Context, client *http.Client) (status int) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if w.told != nil {
		w.body = printed(w.told)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(w.body))
	if err != nil {
		return 0
	}
	r.Header.Set("Accept", "*/*; q=0.5, application/xml")
	r.Header.Set("Cache-Control", "no-cache")
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("Stripe-Signature", signature(w.secret, w.at, w.body))
	r.Header.Set("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
	response, err := client.Do(r)
	if err != nil {
		return 0
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxBody)) // so that the connection is used again
	return response.StatusCode
}

// signature is the header that proves a webhook: the key is the whole secret, and the time is signed too
// (docs.stripe.com/webhooks/signatures).
func signature(secret string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(strconv.FormatInt(at.Unix(), 10) + "."))
	mac.Write(body)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}

// unredirected is a client that follows no redirect: to Stripe a 3xx is a failure.
func unredirected(client *http.Client) *http.Client {
	own := *client
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}
