package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// controlPrefix is where tests steer the sandbox. It takes no API key: whoever reaches loopback may use it.
const controlPrefix = "/_sandbox/"

// maxAdvance is how far ahead the clock can be moved in all: it keeps within what a time.Duration, a date and the ids
// that are made of it can hold.
const maxAdvance = 50 * 365 * 24 * time.Hour

// control answers the endpoints that tests steer the sandbox with: JSON in, JSON out, a 400 that names the field.
//
//	GET    ledger         every movement of money, as Ledger
//	GET    requests       the last requests, as Requests; ?idempotency_key= picks those of one key
//	GET    faults         the rules, as Faults
//	POST   faults         adds a Fault
//	DELETE faults         removes all
//	POST   clock/advance  {"seconds": 86400}
//	POST   payment_intents/{id}/authenticate  {"outcome": "succeed"} or "fail": takes the 3D Secure step
//	POST   setup_intents/{id}/authenticate    likewise
//	POST   refunds/{id}/require_action        makes a pending refund wait for the customer
//	POST   disputes/{id}/close                {"status": "won"} or "lost"; "warning_closed" for an inquiry
//	POST   events         makes a MadeEvent and sends it
//	POST   events/{id}/resend                 sends it again; ?endpoint= picks one endpoint
//	GET    deliveries     the last tries to deliver webhooks, as Deliveries, and how many are still on their way
//	POST   settings       {"dunning_end": "unpaid"}, "past_due" or "canceled": what becomes of a subscription that nobody
//	                      pays for, after the last try; {"webhooks_at_once": 4}: how many webhooks are sent to one
//	                      endpoint side by side
//	POST   reset          forgets everything
func (s *Sandbox) control(r *http.Request) answer {
	name := r.URL.Path[len(controlPrefix):]
	switch r.Method + " " + name {
	case "GET ledger":
		return controlAnswer(http.StatusOK, map[string]any{"entries": orEmpty(s.Ledger())})
	case "GET requests":
		return controlAnswer(http.StatusOK, map[string]any{
			"requests": orEmpty(s.Requests(r.URL.Query().Get("idempotency_key"))),
		})
	case "GET faults":
		return controlAnswer(http.StatusOK, map[string]any{"faults": orEmpty(s.Faults())})
	case "POST faults":
		var f Fault
		if err := decodeControl(r, &f); err != nil {
			return controlError(http.StatusBadRequest, err)
		}
		if err := s.AddFault(f); err != nil {
			return controlError(http.StatusBadRequest, err)
		}
		return controlAnswer(http.StatusOK, f)
	case "DELETE faults":
		s.ClearFaults()
		return controlAnswer(http.StatusOK, map[string]any{"faults": []Fault{}})
	case "GET deliveries":
		return s.controlDeliveries()
	case "POST events":
		return s.controlMakeEvent(r)
	case "POST clock/advance":
		return s.controlClock(r)
	case "POST settings":
		return s.controlSettings(r)
	case "POST reset":
		s.Reset()
		return controlAnswer(http.StatusOK, map[string]any{})
	}
	if r.Method == http.MethodPost {
		switch kind, id, action := objectPath(name); kind + " " + action {
		case "payment_intents authenticate":
			return s.controlAuthenticate(r, id)
		case "setup_intents authenticate":
			return s.controlAuthenticateSetup(r, id)
		case "refunds require_action":
			return s.controlRequireAction(id)
		case "disputes close":
			return s.controlCloseDispute(r, id)
		case "events resend":
			return s.controlResend(r, id)
		}
	}
	return controlError(http.StatusNotFound, fmt.Errorf("no endpoint %s %s", r.Method, r.URL.Path))
}

// objectPath cuts payment_intents/pi_1/authenticate into its three parts.
func objectPath(path string) (kind, id, action string) {
	kind, rest, _ := strings.Cut(path, "/")
	id, action, _ = strings.Cut(rest, "/")
	return kind, id, action
}

func (s *Sandbox) controlClock(r *http.Request) answer {
	var request struct {
		Seconds int64 `json:"seconds"`
	}
	if err := decodeControl(r, &request); err != nil {
		return controlError(http.StatusBadRequest, err)
	}
	var left int64
	s.locked(func() { left = int64((maxAdvance - s.advanced) / time.Second) })
	if request.Seconds <= 0 || request.Seconds > left {
		return controlError(http.StatusBadRequest, fmt.Errorf("seconds: must be between 1 and %d, which is how far the clock "+
			"can still be moved", left))
	}
	now := s.Advance(time.Duration(request.Seconds) * time.Second)
	return controlAnswer(http.StatusOK, map[string]any{"now": now.UTC()})
}

// Advance moves the sandbox's clock ahead of the one in its Config, by at most 50 years in all, and gives the new time.
func (s *Sandbox) Advance(by time.Duration) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advanced = min(s.advanced+by, maxAdvance)
	s.wake()
	return s.now()
}

// Reset forgets everything: objects, money, keys, faults, requests, webhooks, and how far the clock was moved. The
// endpoints of AddEndpoint stay.
func (s *Sandbox) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.world, s.keys, s.faults, s.requests, s.advanced = world{}, newKeyStore(), nil, requestLog{}, 0
	s.attempts = attemptLog{}
	for _, w := range s.fixed {
		s.world.endpoints.put(w.ID, w)
	}
}

func decodeControl(r *http.Request, into any) error {
	if r.Body == nil {
		return errors.New("body: is missing")
	}
	decoder := json.NewDecoder(io.LimitReader(r.Body, maxBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("body: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("body: holds more than one JSON value")
	}
	return nil
}

func controlAnswer(status int, body any) answer {
	return answer{status: status, header: http.Header{"Content-Type": {"application/json"}}, body: printed(body)}
}

func controlError(status int, err error) answer {
	return controlAnswer(status, map[string]any{"error": map[string]any{"message": err.Error()}})
}

func orEmpty[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
