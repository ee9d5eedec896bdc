package sandbox

import (
	crand "crypto/rand"
	"encoding/binary"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Config says what a Sandbox takes from outside. The zero value works.
type Config struct {
	// Now is the clock; nil means time.Now. The control API can move the sandbox ahead of it.
	Now func() time.Time
	// Account is the id of the one account that the sandbox holds; empty means DefaultAccount.
	Account string
	// Seed makes ids and fault probabilities repeatable in a simulation. Zero means a random seed: then ids are unique
	// across restarts, as they must be when a store outlives the sandbox.
	Seed uint64
	// WebhooksAtOnce is how many webhooks are sent to one endpoint side by side, at most 16. Zero means one: then they
	// come in the order of the events. Stripe promises no order: more than one shows what that means.
	WebhooksAtOnce int
}

// DefaultAccount is the account of a sandbox whose Config names none.
const DefaultAccount = "acct_1OTillgateSandbX"

// Sandbox is one imitated Stripe account, in memory. It is safe for concurrent use.
type Sandbox struct {
	clock   func() time.Time
	account string
	methods string // the id of the account's payment method configuration

	mu       sync.Mutex
	advanced time.Duration // how far the control API has moved the clock ahead
	ids      *idMaker
	dice     *rand.Rand // decides faults that have a probability; apart from ids, so that faults do not change them
	world    world
	keys     keyStore
	faults   []*Fault
	requests requestLog
	fixed    []*webhookEndpoint // the endpoints that a reset leaves
	attempts attemptLog
	atOnce   int           // webhooks side by side, per endpoint
	woken    chan struct{} // holds something when Deliver has to look again
}

// New makes an empty sandbox.
func New(config Config) *Sandbox {
	s := &Sandbox{clock: config.Now, account: config.Account}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.account == "" {
		s.account = DefaultAccount
	}
	s.ids = newIDMaker(chacha(config.Seed, 'i'), s.account)
	s.dice = rand.New(chacha(config.Seed, 'd')) //nolint:gosec // not a secret: it picks which test request breaks
	s.methods = s.ids.object("pmc_", s.clock())
	s.keys = newKeyStore()
	s.atOnce = max(1, min(config.WebhooksAtOnce, maxSending))
	s.woken = make(chan struct{}, 1)
	return s
}

func chacha(seed uint64, stream byte) *rand.ChaCha8 {
	var full [32]byte
	if seed == 0 {
		_, _ = crand.Read(full[:]) // never fails (crypto/rand)
	}
	binary.LittleEndian.PutUint64(full[:], binary.LittleEndian.Uint64(full[:])^seed)
	full[31] ^= stream
	return rand.NewChaCha8(full)
}

// locked runs a step alone. A panic in it, which net/http turns into a broken connection, leaves the lock free.
func (s *Sandbox) locked(step func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	step()
}

// now is the sandbox's time. The caller holds mu.
func (s *Sandbox) now() time.Time {
	return s.clock().Add(s.advanced)
}

// ServeHTTP answers one request as Stripe would, or breaks it as a fault rule says.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.handle(r).writeTo(w, r)
}

// RoundTrip answers one request in the same process, with no socket. A dropped connection is io.ErrUnexpectedEOF.
func (s *Sandbox) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	received := *r
	received.Header = asReceived(r.Header)
	return s.handle(&received).response(r)
}

// asReceived gives headers the names that a server would see: on the wire they have no case, and a client may keep them
// under names that http.Header.Get does not find.
func asReceived(sent http.Header) http.Header {
	h := make(http.Header, len(sent))
	for name, values := range sent {
		name = http.CanonicalHeaderKey(name)
		h[name] = append(h[name], values...)
	}
	return h
}
