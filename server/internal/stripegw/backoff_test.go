package stripegw_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// clocked is a Stripe in the same process, for a test on a clock of its own. It notes when each send came.
type clocked struct {
	steps []step
	start time.Time
	came  []time.Duration
}

func (c *clocked) RoundTrip(*http.Request) (*http.Response, error) {
	c.came = append(c.came, time.Since(c.start))
	s := c.steps[min(len(c.came), len(c.steps))-1]
	if s.lost {
		return nil, io.ErrUnexpectedEOF
	}
	header := http.Header{}
	for name, value := range s.header {
		header.Set(name, value)
	}
	return &http.Response{
		StatusCode: s.status, Header: header,
		Body: io.NopCloser(strings.NewReader(s.body)), ContentLength: int64(len(s.body)),
	}, nil
}

// newClocked returns a gateway whose waits are shortened by as much as random says.
func newClocked(t *testing.T, random float64, steps ...step) (*clocked, *stripegw.Gateway) {
	t.Helper()
	c := &clocked{steps: steps, start: time.Now()}
	return c, newGateway(t, "http://stripe.test", func(config *stripegw.Config) {
		config.Transport, config.Random = c, func() float64 { return random }
	})
}

// TestBackOff: when each send goes out.
func TestBackOff(t *testing.T) {
	const ms = time.Millisecond
	after := func(s step, seconds string) step { return s.with("Retry-After", seconds) }
	for _, tt := range []struct {
		name   string
		random float64
		step   step
		want   []time.Duration
	}{
		{"no jitter", 0, lost, []time.Duration{0, 500 * ms, 1500 * ms}},
		{"half the jitter", 0.5, lost, []time.Duration{0, 437*ms + 500*time.Microsecond, 1312*ms + 500*time.Microsecond}},
		{"all the jitter", 1, lost, []time.Duration{0, 375 * ms, 1125 * ms}},
		{"a lock", 0, locked, []time.Duration{0, 500 * ms, 1500 * ms}},
		{"O-01 a rate limit takes longer", 0, rateLimit, []time.Duration{0, 1000 * ms, 3000 * ms}},
		{"Stripe asks for more", 1, after(running, "2"), []time.Duration{0, 2000 * ms, 4000 * ms}},
		{"Stripe asks for less", 0, after(rateLimit, "1"), []time.Duration{0, 1000 * ms, 3000 * ms}},
		{"a proxy asks for an hour", 0, after(proxyPage, "3600"), []time.Duration{0, 5000 * ms, 10000 * ms}},
		{"nonsense", 0, after(running, "soon"), []time.Duration{0, 500 * ms, 1500 * ms}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stripe, g := newClocked(t, tt.random, tt.step)
				g.Write(t.Context(), sending(createPayment, prepare(t, g, createRequest())))
				if diff := cmp.Diff(tt.want, stripe.came); diff != "" {
					t.Errorf("the sends came at (-want +got):\n%s", diff)
				}
				if took := time.Since(stripe.start); took != tt.want[2] {
					t.Errorf("it took %v: there is no wait after the last send", took)
				}
			})
		})
	}
}

// TestBackOffIsRandomByDefault, so that those who failed together do not come back together.
func TestBackOffIsRandomByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var waits []time.Duration
		for range 20 {
			stripe := &clocked{steps: []step{lost, paid}, start: time.Now()}
			g := newGateway(t, "http://stripe.test", func(c *stripegw.Config) { c.Transport = stripe })
			g.Write(t.Context(), sending(createPayment, prepare(t, g, createRequest())))
			waits = append(waits, stripe.came[1])
		}
		slices.Sort(waits)
		if waits[0] < 375*time.Millisecond || waits[19] > 500*time.Millisecond || len(slices.Compact(waits)) < 10 {
			t.Errorf("the waits are %v, want different ones from 375 to 500 ms", waits)
		}
	})
}

// TestBackOffObeysContext: whoever stops need not wait, and what is known follows from what was sent.
func TestBackOffObeysContext(t *testing.T) {
	for _, tt := range []struct {
		name    string
		step    step
		verdict stripegw.Verdict
	}{
		{"lost", lost, stripegw.Uncertain},
		{"rate limit", rateLimit, stripegw.NotDone},
		{"a decline that Stripe wants repeated", declinedBy.with("Stripe-Should-Retry", "true"), stripegw.Done},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stripe, g := newClocked(t, 0, tt.step)
				ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
				defer cancel()
				got := g.Write(ctx, sending(createPayment, prepare(t, g, createRequest())))
				if took := time.Since(stripe.start); took != 100*time.Millisecond {
					t.Errorf("it took %v, want 100 ms", took)
				}
				if got.Verdict != tt.verdict || got.Sends != 1 {
					t.Errorf("%v after %d sends, want %v after 1", got.Verdict, got.Sends, tt.verdict)
				}
			})
		})
	}
}

// TestContextEndsInSend: it is not sent again, even where it can not have arrived.
func TestContextEndsInSend(t *testing.T) {
	for _, tt := range []struct {
		name string
		step step
	}{{"lost", lost}, {"no route", noRoute}} {
		t.Run(tt.name, func(t *testing.T) {
			stripe := newScript(t, tt.step)
			g := stripe.gateway(t)
			ctx, cancel := context.WithCancel(t.Context())
			g2 := newGateway(t, stripe.URL, func(c *stripegw.Config) {
				c.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
					cancel()
					return stripe.RoundTrip(r)
				})
			})
			got := g2.Write(ctx, sending(createPayment, prepare(t, g, createRequest())))
			if got.Sends != 1 {
				t.Errorf("%d sends, want 1", got.Sends)
			}
			checkSends(t, stripe, g2, got, 1)
		})
	}
}

// TestBeforeSend is asked before every send but the first, and its no ends the write with what is known.
func TestBeforeSend(t *testing.T) {
	for _, tt := range []struct {
		name        string
		steps       []step
		refuse      int // the question that gets a no; 0 is none
		asked, sent int
		verdict     stripegw.Verdict
	}{
		{"one send", []step{paid}, 0, 0, 1, stripegw.Done},
		{"three sends", []step{lost, lost, paid}, 0, 2, 3, stripegw.Done},
		{"no to the second, unknown", []step{lost, paid}, 1, 1, 1, stripegw.Uncertain},
		{"no to the second, not done", []step{rateLimit, paid}, 1, 1, 1, stripegw.NotDone},
		{"no to the third", []step{lost, rateLimit, paid}, 2, 2, 2, stripegw.Uncertain},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stripe := newScript(t, tt.steps...)
			g := stripe.gateway(t)
			s := sending(createPayment, prepare(t, g, createRequest()))
			asked := 0
			s.BeforeSend = func(context.Context) error {
				if asked++; asked == tt.refuse {
					return errors.New("the store is gone")
				}
				if int(stripe.sends.Load()) != asked {
					t.Errorf("question %d came after %d sends", asked, stripe.sends.Load())
				}
				return nil
			}
			got := g.Write(t.Context(), s)
			if asked != tt.asked || got.Verdict != tt.verdict {
				t.Errorf("asked %d times, %v; want %d, %v", asked, got.Verdict, tt.asked, tt.verdict)
			}
			checkSends(t, stripe, g, got, tt.sent)
		})
	}
}

// TestBeforeSendThatTakesLong: the context may end while it is asked.
func TestBeforeSendThatTakesLong(t *testing.T) {
	stripe := newScript(t, lost)
	g := stripe.gateway(t)
	ctx, cancel := context.WithCancel(t.Context())
	s := sending(createPayment, prepare(t, g, createRequest()))
	s.BeforeSend = func(context.Context) error {
		cancel()
		return nil
	}
	got := g.Write(ctx, s)
	checkResult(t, got, stripegw.Uncertain, outcomePending, noAnswer)
	checkSends(t, stripe, g, got, 1)
}

// TestF12_AtMostThreeSends, whatever is met and whatever is asked for.
func TestF12_AtMostThreeSends(t *testing.T) {
	for most, want := range map[int]int{-1: 1, 0: 1, 1: 1, 2: 2, 3: 3, 4: 3, 1000: 3} {
		for _, tt := range meetings() {
			stripe := newScript(t, tt.with("Stripe-Should-Retry", "true"))
			g := stripe.gateway(t)
			s := sending(createPayment, prepare(t, g, createRequest()))
			s.MaxSends = most
			got := g.Write(t.Context(), s)
			if tt.unreachable {
				continue
			}
			if arrived := stripe.arrivals(); arrived > want || arrived != got.Sends || tt.sends == 3 && arrived != want {
				t.Errorf("%s, at most %d: %d arrivals, %d sends", tt.name, most, arrived, got.Sends)
			}
		}
	}
}
