package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// FaultKind is one way to break an answer.
type FaultKind string

// The faults. "Before" means that nothing was executed; only Fault500Before is kept under the idempotency key, since
// Stripe replays a 500 once execution began. "After" faults happen to replayed answers too.
const (
	// FaultDropBefore ends the connection with no answer and no effect.
	FaultDropBefore FaultKind = "drop_before"
	// FaultDropAfter ends the connection with no answer after the effect.
	FaultDropAfter FaultKind = "drop_after"
	// FaultTruncate ends the connection in the middle of the answer, after the effect.
	FaultTruncate FaultKind = "truncate"
	// FaultWrongJSON answers with a body that is no JSON, after the effect.
	FaultWrongJSON FaultKind = "wrong_json"
	// FaultSlowBody pauses in the middle of the answer, after the effect.
	FaultSlowBody FaultKind = "slow_body"
	// FaultDelay answers late. The effect has happened, and the idempotency key is in use until the answer goes out. With
	// event types it is about webhooks: these are sent late, by the sandbox's clock.
	FaultDelay FaultKind = "delay"
	// Fault500Before answers 500 with no effect, and again under the same key.
	Fault500Before FaultKind = "500_before"
	// Fault500After answers 500 after the effect, and again under the same key.
	Fault500After FaultKind = "500_after"
	// Fault502HTML answers as a proxy that did not reach Stripe: a page, no effect.
	Fault502HTML FaultKind = "502_html"
	// FaultStatus answers with the given status, body and headers, with no effect: 401, 403, 409, both 429s.
	FaultStatus FaultKind = "status"
)

// Fault is a rule that breaks requests to the API, or the webhooks that the sandbox sends (webhook_fault.go).
type Fault struct {
	Kind FaultKind `json:"kind"`
	// Method and Path choose the requests; empty means all but GET /v1/events, which a server lists by itself: only a Path
	// breaks that. Path is a pattern of path.Match: /v1/payment_intents/*.
	Method string `json:"method,omitempty"`
	Path   string `json:"path,omitempty"`
	// EventType chooses the webhooks, by the same kind of pattern: charge.* or *. Empty means all, for the kinds that are
	// about nothing else.
	EventType string `json:"event_type,omitempty"`
	// Probability is between 0 and 1; 0 means always. Count is how often the rule fires; 0 means without end.
	Probability float64 `json:"probability,omitempty"`
	Count       int     `json:"count,omitempty"`
	// DelayMS is the pause of delay and slow_body, and the longest one of reorder, in milliseconds.
	DelayMS int64 `json:"delay_ms,omitempty"`
	// Times is how often duplicate sends an event in all; 0 means twice.
	Times int `json:"times,omitempty"`
	// Status, Body and Headers belong to kind status. A Body that is a JSON string is sent as that text.
	Status  int               `json:"status,omitempty"`
	Body    json.RawMessage   `json:"body,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	// Fired counts how often the rule fired. It is output only.
	Fired int `json:"fired"`
}

// maxDelay is longer than anybody waits.
const maxDelay = time.Hour

var faultKinds = []FaultKind{
	FaultDropBefore, FaultDropAfter, FaultTruncate, FaultWrongJSON, FaultSlowBody, FaultDelay, Fault500Before,
	Fault500After, Fault502HTML, FaultStatus, FaultLost, FaultDuplicate, FaultReorder,
}

func (f *Fault) check() error {
	pauses := f.Kind == FaultDelay || f.Kind == FaultSlowBody || f.Kind == FaultReorder
	switch {
	case !slices.Contains(faultKinds, f.Kind):
		return fmt.Errorf("kind: %q is not one of %v", f.Kind, faultKinds)
	case f.Probability < 0 || f.Probability > 1:
		return errors.New("probability: must be between 0 and 1")
	case f.Count < 0:
		return errors.New("count: must not be negative")
	case f.Method != "" && !slices.Contains([]string{http.MethodGet, http.MethodPost, http.MethodDelete}, f.Method):
		return errors.New("method: must be GET, POST or DELETE")
	case f.Path != "" && !strings.HasPrefix(f.Path, "/"):
		return errors.New("path: must begin with /, as /v1/payment_intents/* does")
	case pauses && (f.DelayMS <= 0 || f.DelayMS > maxDelay.Milliseconds()):
		return fmt.Errorf("delay_ms: must be between 1 and %d for kind %s", maxDelay.Milliseconds(), f.Kind)
	case !pauses && f.DelayMS != 0:
		return fmt.Errorf("delay_ms: kind %s takes none", f.Kind)
	case f.Kind == FaultStatus && (f.Status < 200 || f.Status > 599):
		return errors.New("status: must be between 200 and 599 for kind status")
	case f.Kind != FaultStatus && (f.Status != 0 || f.Body != nil || f.Headers != nil):
		return fmt.Errorf("status, body, headers: kind %s takes none", f.Kind)
	case f.Fired != 0:
		return errors.New("fired: is output only")
	case f.Body != nil && !json.Valid(f.Body):
		return errors.New("body: is not JSON")
	}
	if _, err := path.Match(f.Path, ""); err != nil {
		return fmt.Errorf("path: %w", err)
	}
	return f.checkWebhooks()
}

// AddFault adds a rule. Rules are tried in the order in which they were added; the first that fires decides, except
// that a delay leaves room for another.
func (s *Sandbox) AddFault(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
	return nil
}

// Faults gives the rules with how often each fired.
func (s *Sandbox) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	rules := make([]Fault, len(s.faults))
	for i, f := range s.faults {
		rules[i] = *f
	}
	return rules
}

// ClearFaults removes every rule.
func (s *Sandbox) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

func (f *Fault) matches(c *call) bool {
	if f.ofWebhooks() || f.Method != "" && f.Method != c.method || f.spent() {
		return false
	}
	if f.Path == "" {
		return c.path != "/v1/events"
	}
	matched, _ := path.Match(f.Path, c.path) // the pattern was checked when the rule was added
	return matched
}

// breakage picks what happens to one call.
func (s *Sandbox) breakage(c *call) breakage {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b breakage
	for _, f := range s.faults {
		if !f.matches(c) || f.Probability > 0 && s.dice.Float64() >= f.Probability {
			continue
		}
		f.Fired++
		if f.Kind == FaultDelay {
			b.delay += time.Duration(f.DelayMS) * time.Millisecond
			continue
		}
		b.rule = *f
		return b
	}
	return b
}

func defaultFaultBody(status int, c *call) *failure {
	f := invalid("", "", http.StatusText(status))
	switch {
	case status == http.StatusConflict:
		f = keyInUse(c.key)
	case status == http.StatusTooManyRequests:
		f = invalid("rate_limit", "", "Request rate limit exceeded. You can learn more about rate limits here "+
			"https://stripe.com/docs/rate-limits.")
	case status >= http.StatusInternalServerError:
		f = internalError()
	}
	f.status = status
	return f
}
