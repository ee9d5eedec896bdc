package sandbox

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// apiVersion is the one version that the sandbox speaks; without the header an account's default applies, this one.
const apiVersion = "2023-10-16"

const maxBody = 1 << 20

// call is one request to the API on its way through the sandbox.
type call struct {
	method    string
	path      string
	header    http.Header
	params    *node
	key       string // the Idempotency-Key
	echoed    string // the key in the answer: Stripe makes one up for a POST that has none
	requestID string
	received  time.Time // by the sandbox's own time
	at        time.Time // of the sandbox, or of the test clock
	clock     string    // the test clock whose time it is; "" is the sandbox's own
	route     *route
	id        string // the object that the path names
	below     string // one that belongs to it, where the path names that too
	expand    []string
	standing  []string // prices that a subscription has, and that stay although they are archived
}

// handle takes any request to its answer.
func (s *Sandbox) handle(r *http.Request) answer {
	if strings.HasPrefix(r.URL.Path, controlPrefix) {
		return s.control(r)
	}
	c := &call{
		method: r.Method, path: r.URL.EscapedPath(), header: r.Header,
		key: strings.TrimSpace(r.Header.Get("Idempotency-Key")),
	}
	c.echoed = c.key
	s.locked(func() {
		c.requestID, c.received = s.ids.request(), s.now()
		c.at = c.received
		s.catchUp(c.at)
	})

	refused := c.read(r)
	a := s.serve(r.Context(), c, refused)
	if a.header != nil {
		a.header.Set("Date", c.received.UTC().Format(http.TimeFormat))
	}

	s.locked(func() {
		s.requests.add(c, a)
		s.wake() // the clock may have been moved from outside
	})
	return a
}

// read decodes the parameters: those of a GET stand in the query; DELETE sends a body too, which
// http.Request.ParseForm would not read (measured with stripe-go).
func (c *call) read(r *http.Request) *failure {
	raw := r.URL.RawQuery
	if c.method != http.MethodGet && r.Body != nil {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
		if err != nil {
			return invalid("", "", "The request body could not be read.")
		}
		if len(body) > maxBody {
			f := invalid("", "", "Request body too large.")
			f.status = http.StatusRequestEntityTooLarge
			return f
		}
		if len(body) > 0 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
			return invalid("", "", "Invalid request (check that your POST content type is "+
				"application/x-www-form-urlencoded). If you have any questions, we can help at https://support.stripe.com/.")
		}
		raw += "&" + string(body)
	}
	params, err := decodeForm(raw)
	if err != nil {
		return invalid("", "", err.Error())
	}
	c.params = params
	return nil
}

// serve is the order in which Stripe looks at a request: key, limits, endpoint, parameters, idempotency, execution
// (docs.stripe.com/api/idempotent_requests, docs.stripe.com/error-low-level).
func (s *Sandbox) serve(ctx context.Context, c *call, refused *failure) answer {
	if f := s.authenticate(c); f != nil {
		return c.refuse(f)
	}
	if c.method == http.MethodPost && c.key == "" {
		s.locked(func() { c.echoed = s.ids.uuid() })
	}
	broken := s.breakage(c)
	if a, instead := broken.before(c); instead {
		return a
	}
	if f := c.resolve(); f != nil {
		refused = f
	}
	if refused == nil {
		refused = s.withIntent(c, c.validate())
	}
	if refused != nil {
		if !broken.wait(ctx) {
			return answer{delivery: dropped}
		}
		return broken.after(c.refuse(refused))
	}
	a, err := s.once(ctx, c, broken)
	if err != nil {
		return answer{delivery: dropped}
	}
	return broken.after(a)
}

// withIntent adds the intent to a complaint about the parameters of an action on it, as Stripe does.
func (s *Sandbox) withIntent(c *call, f *failure) *failure {
	if f == nil || c.method != http.MethodPost {
		return f
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if pi, ok := s.world.paymentIntents.get(c.id); ok {
		f.about(pi)
	}
	if si, ok := s.world.setupIntents.get(c.id); ok {
		f.aboutSetup(si)
	}
	return f
}

var errGone = errors.New("the caller has gone")

// once executes a call, or replays what the same key was answered before. A delay passes while the key is in use, so
// that a second request with the key meets Stripe's 409; the effect has happened by then, as after a slow answer.
func (s *Sandbox) once(ctx context.Context, c *call, broken breakage) (answer, error) {
	var held *keyEntry
	var a answer
	s.locked(func() {
		var known bool
		if held, a, known = s.keys.begin(c, s.account); !known {
			a = s.execute(c, broken)
		}
	})

	stayed := broken.wait(ctx)
	if held != nil {
		s.locked(func() { held.finish(a) })
	}
	if !stayed {
		return answer{}, errGone
	}
	return a, nil
}

// execute runs the endpoint. The caller holds mu. A 500 counts as executed: Stripe keeps it under the key.
func (s *Sandbox) execute(c *call, broken breakage) answer {
	if broken.is(Fault500Before) {
		return c.refuse(internalError())
	}
	object, f := c.route.run(s, c)
	if broken.is(Fault500After) {
		return c.refuse(internalError())
	}
	if f != nil {
		return c.refuse(f)
	}
	return c.answer(http.StatusOK, s.expanded(object, c.expand))
}

func internalError() *failure {
	return &failure{
		status: http.StatusInternalServerError, errorType: typeAPI, unlogged: true, message: "An unknown error occurred",
	}
}
