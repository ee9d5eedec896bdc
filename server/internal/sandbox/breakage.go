package sandbox

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// breakage is what the fault rules chose for one call.
type breakage struct {
	rule  Fault
	delay time.Duration
}

func (b breakage) is(kind FaultKind) bool { return b.rule.Kind == kind }

// before gives the answer that stands in for the whole endpoint, if there is one.
func (b breakage) before(c *call) (answer, bool) {
	switch b.rule.Kind {
	case FaultDropBefore:
		return answer{delivery: dropped}, true
	case Fault502HTML:
		return answer{
			status: http.StatusBadGateway, header: http.Header{"Content-Type": {"text/html"}},
			body: []byte("<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1>" +
				"</center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"),
		}, true
	case FaultStatus:
		return b.status(c), true
	default:
		return answer{}, false
	}
}

func (b breakage) status(c *call) answer {
	var a answer
	var text string
	switch {
	case b.rule.Body == nil:
		a = c.refuse(defaultFaultBody(b.rule.Status, c))
		if b.rule.Status == http.StatusTooManyRequests {
			a.header.Set("Stripe-Rate-Limited-Reason", "global-rate")
		}
	case json.Unmarshal(b.rule.Body, &text) == nil:
		a = answer{status: b.rule.Status, header: c.headers(b.rule.Status), body: []byte(text)}
	default:
		a = c.answer(b.rule.Status, b.rule.Body)
	}
	for name, value := range b.rule.Headers {
		a.header.Set(name, value)
	}
	return a
}

// after breaks an answer whose effect has happened.
func (b breakage) after(a answer) answer {
	switch b.rule.Kind {
	case FaultDropAfter:
		a.delivery = dropped
	case FaultTruncate:
		a.delivery = truncated
	case FaultWrongJSON:
		a.body = append([]byte("<!-- "), a.body...)
	case FaultSlowBody:
		a.delivery, a.pause = slow, time.Duration(b.rule.DelayMS)*time.Millisecond
	default:
	}
	return a
}

// wait passes the delay; false means that the caller has gone.
func (b breakage) wait(ctx context.Context) bool {
	return b.delay == 0 || sleep(ctx, b.delay)
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
