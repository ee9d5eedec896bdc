// Package webhook takes in what Stripe sends: it verifies the signature, keeps the body durably, sealed and as it came, and
// answers. What it means is for eventlog, later: no business work is done while Stripe waits.
package webhook

import (
	"context"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tillgate/tillgate/server/internal/seal"
	"github.com/tillgate/tillgate/server/internal/store"
)

// Path is the only one that is served.
const Path = "/webhooks/stripe"

const (
	defaultInFlight = 512
	// patience is how long Stripe waits for the store; with a refusal at its end, the answer comes in less than 2 s.
	patience = 1500 * time.Millisecond
)

// Receiver keeps what Stripe sent. It is a part of store.Log.
type Receiver interface {
	// Receive is durable once it returns, and keeps what is there already as it is: fresh is whether it was new.
	Receive(ctx context.Context, d store.Delivery) (fresh bool, err error)
}

// Config is what a Handler needs.
type Config struct {
	// Store keeps the bodies, and Keys seal them.
	Store Receiver
	Keys  *seal.Keys
	// Secrets are those that Stripe signs with.
	Secrets *Secrets
	// Live is the mode and Account the Stripe account that we act on: events of others are quarantined.
	Live    bool
	Account string
	// Wake is called after something new was stored that waits for eventlog. It must not block. Default: nothing.
	Wake func()
	// MaxInFlight is how many requests write to the store at once. Others wait, and are answered 503 when that takes too long.
	// Default: 512.
	MaxInFlight int
	// Now is our clock, against which the time of a signature is held. Default: time.Now.
	Now func() time.Time
	// Logger hears of what is refused, a line every other second at most. Default: nobody.
	Logger *slog.Logger
	// Registerer takes the metrics. Default: nobody.
	Registerer prometheus.Registerer
}

// Handler answers POST /webhooks/stripe, and refuses all else:
//
//	200  it is signed, and durably kept; that it was there already, can not be read or is not for us makes no difference
//	400  the signature is missing, wrong, older than 300 s or more than 60 s ahead, or the body is cut short
//	404, 405, 415  another path, method, or type than application/json; anything with a Content-Encoding
//	413  the body is larger than 1 MiB
//	503  it can not be kept now; Stripe sends it again
//
// It is safe for concurrent use.
type Handler struct {
	config   Config
	now      func() time.Time
	clock    clock
	metrics  *metrics
	inFlight chan struct{}
	large    chan struct{}
	bodies   sync.Pool
	refusals *lines
	failures *lines
}

// New returns a Handler. It fails where the registerer has the metrics already.
func New(c Config) (*Handler, error) {
	if c.Store == nil || c.Keys == nil || c.Secrets == nil {
		return nil, errors.New("the webhook handler needs a store, keys and secrets")
	}
	if c.Wake == nil {
		c.Wake = func() {}
	}
	if c.MaxInFlight <= 0 {
		c.MaxInFlight = defaultInFlight
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	h := &Handler{
		config:   c,
		now:      c.Now,
		inFlight: make(chan struct{}, c.MaxInFlight),
		large:    make(chan struct{}, maxLarge),
		refusals: newLines(c.Logger, slog.LevelWarn),
		failures: newLines(c.Logger, slog.LevelError),
	}
	h.bodies.New = func() any { return new(body) }
	var err error
	h.metrics, err = newMetrics(c.Registerer, h)
	return h, err
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := h.safely(w, r)
	h.metrics.count(a)
	a.write(w)
	if a.status >= http.StatusBadRequest && a.status < http.StatusInternalServerError {
		h.refusals.write(r.Context(), h.now(), "a webhook was refused", r,
			slog.Int("status", a.status), slog.String("result", a.result))
	}
}

// safely takes a panic for a failure of ours, so that Stripe sends again what led to it.
func (h *Handler) safely(w http.ResponseWriter, r *http.Request) (a answer) {
	ctx := r.Context()
	defer func() {
		if fault := recover(); fault != nil {
			a = failed
			// The text of the panic may hold what was in the body.
			h.failures.write(ctx, h.now(), "a panic in the webhook handler", r, slog.String("stack", string(debug.Stack())))
		}
	}()
	return h.take(w, r)
}

// take goes from what is cheap to what is not: nothing of a body is read before all that can be said without it is said.
func (h *Handler) take(w http.ResponseWriter, r *http.Request) answer {
	if a, refused := h.refuse(r); refused {
		return a
	}
	sig, err := parseSignature(r.Header.Values(signatureHeader))
	switch {
	case errors.Is(err, errNoSignature):
		return noSignature
	case err != nil:
		return badHeader
	}
	now := h.now()

	b, _ := h.bodies.Get().(*body)
	defer h.giveBack(b)
	if a, refused := b.read(w, r, h.large); refused {
		return a
	}
	switch sig.prove(h.config.Secrets.all(), now, b.data.Bytes()) {
	case unproved:
		return badSignature
	case retired:
		return retiredSecret
	case proved:
	}
	if a, refused := h.tell(r, now, now.Sub(sig.at)); refused {
		return a
	}
	return h.keep(r, b.data.Bytes())
}

// refuse looks at the shape of a request.
func (h *Handler) refuse(r *http.Request) (answer, bool) {
	switch {
	case r.URL.Path != Path:
		return wrongPath, true
	case r.Method != http.MethodPost:
		return wrongMethod, true
	case len(r.Header.Values("Content-Encoding")) > 0:
		// Stripe compresses nothing, and what is small here may be huge when it is opened.
		return encoded, true
	case !isJSON(r.Header.Values("Content-Type")):
		return wrongType, true
	case r.ContentLength > maxBody:
		return tooLarge, true
	}
	return answer{}, false
}

func isJSON(values []string) bool {
	if len(values) != 1 {
		return false
	}
	kind, params, err := mime.ParseMediaType(values[0])
	if err != nil || kind != "application/json" {
		return false
	}
	charset, has := params["charset"]
	return !has || strings.EqualFold(charset, "utf-8")
}

// tell holds the time of a signature that is surely Stripe's against our clock, and raises the alarm where one of the two
// must be wrong.
func (h *Handler) tell(r *http.Request, now time.Time, age time.Duration) (answer, bool) {
	a, refused := answer{}, true
	switch {
	case age > oldest:
		a = tooOld
	case age < -newest:
		a = tooNew
	default:
		refused = false
	}
	alarmed, changed := h.clock.saw(now, age, !refused)
	if changed && alarmed {
		h.config.Logger.ErrorContext(r.Context(), "clock: most webhooks are refused, since by our clock they were signed too long "+
			"ago or in the future; set this host's clock, the repair loop brings their events meanwhile",
			"ahead_of_stripe", age.Round(time.Second).String())
	} else if changed {
		h.config.Logger.InfoContext(r.Context(), "clock: webhooks are signed at a time that agrees with ours again")
	}
	return a, refused
}
