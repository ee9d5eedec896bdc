// Package stripegw is where Tillgate meets Stripe, and the only importer of stripe-go. It works in two halves. Prepare
// lets stripe-go say what to send: its typed client runs on a backend that only records. Send says how: once, under a
// key, over a transport that never repeats by itself; Write says how often, and what is known in the end. What Stripe
// answers is decoded into small structs of our own and told on as messages of payments.v1, what went wrong as
// apierr.Error.
//
// Within one Write it repeats the same bytes under the same key, up to three times. Whether a write may run again later
// is for operation to decide. It must let no text of Stripe's reach an error or a log: bodies hold client secrets and
// personal data. It is the last part before Stripe:
//
//	service -> operation (writes) -> stripegw -> Stripe
package stripegw

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stripe/stripe-go/v76"
	"google.golang.org/protobuf/reflect/protoreflect"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// defaultSendTimeout is how long one send may take where Config says nothing. Stripe answers nearly everything within
// seconds; stripe-go itself would wait 80 s.
const defaultSendTimeout = 30 * time.Second

// Config is what a Gateway needs.
type Config struct {
	// URL is Stripe's, without a path. Default: https://api.stripe.com. A live key is refused over plain http.
	URL string
	// Key is our secret key at Stripe. Required.
	Key Key
	// Transport carries the requests. Default: one of ours, see NewTransport. It must not send a request twice by
	// itself, as HTTP/2 transports of Go do with a POST that has an empty body; must not follow redirects; and one
	// without a socket must take header names in any case, as HTTP does: the idempotency key's is in small letters.
	Transport http.RoundTripper
	// SendTimeout is how long one send may take, answer included. Default: 30 s.
	SendTimeout time.Duration
	// BackOff is how long Write waits before its second send; before the third it is twice as long. Default: 500 ms.
	BackOff time.Duration
	// Random returns a number from 0 to 1, without 1, by which waits are shortened a little, so that those who failed
	// together do not come back together. It is called concurrently. Default: a random one.
	Random func() float64
	// Logger hears, once each, of values of Stripe's that this build does not know. Required.
	Logger *slog.Logger
}

// Gateway speaks to one Stripe account. It is safe for concurrent use.
type Gateway struct {
	base        string
	transport   http.RoundTripper
	ownsIdle    func()
	sendTimeout time.Duration
	backOff     time.Duration
	random      func() float64

	// These stand in every request and are shared by all: a transport may not change them.
	authorization, stripeVersion, contentType, userAgent []string

	byMethod  map[string][]write
	byRequest map[protoreflect.FullName]write
	unknown   *unknownValues
	sends     atomic.Int64

	reachability reachability
}

// New returns a Gateway, or every fault of the config at once.
func New(config Config) (*Gateway, error) {
	if config.URL == "" {
		config.URL = stripe.APIURL
	}
	base, urlErr := parseBase(config.URL, config.Key.Live())
	var faults []error
	if urlErr != nil {
		faults = append(faults, urlErr)
	}
	if config.Key.IsZero() {
		faults = append(faults, errors.New("stripegw: no Stripe key"))
	}
	if config.SendTimeout < 0 {
		faults = append(faults, errors.New("stripegw: the send timeout is negative"))
	}
	if config.BackOff < 0 {
		faults = append(faults, errors.New("stripegw: the back-off is negative"))
	}
	if config.Logger == nil {
		faults = append(faults, errors.New("stripegw: no logger"))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	g := &Gateway{
		base:          base,
		transport:     config.Transport,
		ownsIdle:      func() {},
		sendTimeout:   cmp.Or(config.SendTimeout, defaultSendTimeout),
		backOff:       cmp.Or(config.BackOff, defaultBackOff),
		random:        config.Random,
		authorization: []string{"Bearer " + config.Key.reveal()},
		stripeVersion: []string{stripe.APIVersion},
		contentType:   []string{"application/x-www-form-urlencoded"},
		userAgent:     []string{"Tillgate"},
		unknown:       &unknownValues{logger: config.Logger},
	}
	if g.random == nil {
		g.random = rand.Float64
	}
	if g.transport == nil {
		own := NewTransport()
		g.transport, g.ownsIdle = own, own.CloseIdleConnections
	}
	g.byMethod, g.byRequest = indexWrites()
	return g, nil
}

// Sends is how many requests have been handed to the transport so far. Each write is one arrival at
// Stripe at most; a read may be repeated by the transport, on another connection.
func (g *Gateway) Sends() int64 { return g.sends.Load() }

// Close lets go of idle connections. Sends under way go on.
func (g *Gateway) Close() { g.ownsIdle() }

// GetPayment reads a payment, `pi_...`, with its latest charge as Stripe has them now. Its errors are apierr.Error:
// RESOURCE_MISSING, STRIPE_UNAVAILABLE, DEADLINE_EXCEEDED or CANCELLED after ctx, or what apierr.FromStripe says.
func (g *Gateway) GetPayment(ctx context.Context, id string) (*paymentsv1.Payment, error) {
	intent, err := g.readPayment(ctx, id)
	if err != nil {
		return nil, err
	}
	return g.payment(intent), nil
}

func (g *Gateway) readPayment(ctx context.Context, id string) (*paymentIntent, error) {
	subject := apierr.Subject{Type: paymentSubject, ID: id}
	return readObject(ctx, g, getPaymentRequest(id), readPaymentFields, subject, decodePaymentIntent)
}

// parseBase checks the URL before a request, with our key in it, goes anywhere.
func parseBase(raw string, live bool) (string, error) {
	// The text of a parse error repeats the URL, which may hold a password.
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return "", errors.New("stripegw: the Stripe URL must look like https://api.stripe.com")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return "", errors.New("stripegw: the Stripe URL must have neither user, path nor query")
	case live && u.Scheme != "https":
		return "", errors.New("stripegw: a live key is sent over https only")
	}
	return u.Scheme + "://" + u.Host, nil
}
