package stripegw_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// FuzzVerdict: whatever three sends meet, a write that may have been done is never said not to be, and only a complete
// answer of Stripe's makes it done.
func FuzzVerdict(f *testing.F) {
	for _, s := range meetings() {
		status := s.status
		if s.lost || s.unreachable {
			status = 0
		}
		f.Add(0, "", "", 200, smallPayment, "", status, s.body, "true")
		f.Add(status, s.body, "true", 429, rateLimit.body, "", status, s.body, "")
		f.Add(429, stripeError("", "rate_limit"), "false", status, s.body, "", 401, badKey.body, "")
	}
	f.Fuzz(func(
		t *testing.T, status1 int, body1, retry1 string, status2 int, body2, retry2 string,
		status3 int, body3, retry3 string,
	) {
		fuzzed := []fuzzStep{{status1, body1, retry1}, {status2, body2, retry2}, {status3, body3, retry3}}
		sends := 0
		transport := roundTripper(func(*http.Request) (*http.Response, error) {
			sends++
			return fuzzed[min(sends, 3)-1].response()
		})
		g := newGateway(t, "http://stripe.test", func(c *stripegw.Config) { c.Transport, c.BackOff = transport, 1 })

		got := g.Write(t.Context(), sending(createPayment, prepare(t, g, createRequest())))

		if sends == 0 || sends > 3 || sends != got.Sends || len(got.StripeRequestIDs) > sends {
			t.Fatalf("%d sends, the result says %d", sends, got.Sends)
		}
		unknown := false
		for _, s := range fuzzed[:sends] {
			unknown = unknown || s.mayBeDone()
		}
		last := fuzzed[sends-1]
		switch got.Verdict {
		case stripegw.NotDone:
			// A key of other parameters did something else, whatever the sends before it met.
			if typ, _ := last.said(); unknown && typ != "idempotency_error" {
				t.Error("not done, but a send may have been")
			}
		case stripegw.Done:
			if !last.complete() {
				t.Errorf("done, by status %d and %q", last.status, last.body)
			}
			if (got.Err == nil) != (last.status < 300) || got.Err == nil && got.Outcome.Resource == nil {
				t.Errorf("status %d: %v and %v", last.status, got.Outcome.Resource, got.Err)
			}
		case stripegw.Uncertain:
			wantReason(t, got.Err, outcomePending)
			if got.Uncertainty == certain {
				t.Error("uncertain, and nothing says why")
			}
		default:
			t.Errorf("%v", got.Verdict)
		}
	})
}

// fuzzStep is what one send meets. A status that HTTP does not have is a connection that died.
type fuzzStep struct {
	status      int
	body, retry string
}

func (s fuzzStep) response() (*http.Response, error) {
	if s.status < 200 || s.status > 999 {
		return nil, errors.New("the connection died")
	}
	header := http.Header{"Stripe-Should-Retry": {s.retry}}
	return &http.Response{
		StatusCode: s.status, Header: header, Body: io.NopCloser(strings.NewReader(s.body)),
		ContentLength: int64(len(s.body)),
	}, nil
}

// said is the type and the code of an error object of Stripe's; empty where the body is none.
func (s fuzzStep) said() (typ, code string) {
	var body struct {
		Error struct {
			Type string `json:"type"`
			Code string `json:"code"`
		} `json:"error"`
	}
	_ = json.Unmarshal([]byte(s.body), &body)
	return body.Error.Type, body.Error.Code
}

// mayBeDone is whether what was met leaves it open that Stripe went to work. It goes by status and type, and leaves
// nearly all codes to the table.
func (s fuzzStep) mayBeDone() bool {
	typ, code := s.said()
	switch s.status {
	case 402, 409:
		return typ == "" || typ == "api_error" || code == "" || code == "card_declined" || code == "idempotency_key_in_use"
	case 400, 404:
		return typ == "" || typ == "api_error"
	case 401, 403, 429:
		return typ == ""
	default:
		return s.status < 400 || s.status >= 500
	}
}

// complete is whether it is an answer of Stripe's that leaves nothing open.
func (s fuzzStep) complete() bool {
	if s.status >= 200 && s.status < 300 {
		var payment struct {
			Object string `json:"object"`
			ID     string `json:"id"`
		}
		_ = json.Unmarshal([]byte(s.body), &payment)
		return json.Valid([]byte(s.body)) && payment.Object == "payment_intent" && payment.ID != ""
	}
	typ, _ := s.said()
	return s.status >= 400 && s.status < 500 && typ != "" && typ != "api_error"
}
