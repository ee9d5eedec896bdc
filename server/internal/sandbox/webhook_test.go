package sandbox_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

const endpointsPath = "/v1/webhook_endpoints"

// receiver takes webhooks in the same process. It answers 200, or what a test says for the n-th request.
type receiver struct {
	mu     sync.Mutex
	secret string
	status func(n int) int // 0 breaks the connection
	got    []stripe.Event
	signed []time.Time
	head   http.Header
	bad    []error
}

func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	status := http.StatusOK
	if r.status != nil {
		status = r.status(len(r.got))
	}
	header := req.Header.Get("Stripe-Signature")
	var seconds int64
	_, _ = fmt.Sscanf(header, "t=%d,", &seconds)
	e, err := webhook.ConstructEventWithOptions(body, header, r.secret, webhook.ConstructEventOptions{
		IgnoreTolerance: true, IgnoreAPIVersionMismatch: true,
	})
	if err != nil {
		r.bad = append(r.bad, err)
	}
	r.got, r.signed, r.head = append(r.got, e), append(r.signed, time.Unix(seconds, 0).UTC()), req.Header.Clone()
	if status == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Location": {"/elsewhere"}}, Body: http.NoBody, Request: req}, nil
}

func (r *receiver) client() *http.Client { return &http.Client{Transport: r} }

// types are those of the events that came, in the order in which they came.
func (r *receiver) types() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	types := []string{}
	for _, e := range r.got {
		types = append(types, string(e.Type))
	}
	return types
}

// wired is a sandbox with one endpoint.
func wired() (api, *receiver) {
	a := newAPI()
	_, secret := a.AddEndpoint("http://receiver.test/hook")
	return a, &receiver{secret: secret}
}

// A webhook holds the event as GET /v1/events/{id} tells it, and a signature that Stripe's library accepts.
func TestT01_WebhookIsSigned(t *testing.T) {
	t.Parallel()
	a, r := wired()
	a.pay(t, "pm_card_visa", "", key("k1"))
	if got := a.get(t, eventsPath, "delivery_success=false").ids(); len(got) != 3 {
		t.Errorf("%d events wait for their webhooks, want 3", len(got))
	}
	if n := a.DeliverDue(t.Context(), r.client()); n != 3 {
		t.Errorf("%d webhooks were sent, want 3", n)
	}
	want := []string{"payment_intent.created", "charge.succeeded", "payment_intent.succeeded"}
	if diff := cmp.Diff(want, r.types()); diff != "" || len(r.bad) != 0 {
		t.Error(diff, r.bad)
	}
	last := r.got[2]
	if last.PendingWebhooks != 1 || last.APIVersion != "2023-10-16" || last.Request.IdempotencyKey != "k1" {
		t.Errorf("%+v", last)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json; charset=utf-8", "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
	} {
		if got := r.head.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := a.get(t, eventsPath, "delivery_success=true").ids(); len(got) != 3 || a.Undelivered() != 0 {
		t.Errorf("%d events have reached the endpoint, want 3; %d are on their way", len(got), a.Undelivered())
	}
	a.get(t, eventsPath+"/"+last.ID, "").want(t, 200, map[string]any{"pending_webhooks": 0})
	if n := a.DeliverDue(t.Context(), r.client()); n != 0 {
		t.Errorf("%d webhooks were sent again", n)
	}
}

// Whatever is no 2xx is tried again, each time with a new signature, by the sandbox's clock, for three days.
func TestT01_WebhookIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, status := range []int{0, 302, 400, 410, 500, 503} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			a, r := wired()
			r.status = func(int) int { return status }
			a.open(t, "")
			for _, wait := range []time.Duration{
				0, time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute,
				2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour, 12 * time.Hour,
			} {
				if wait > 0 {
					a.clock.Advance(wait - time.Millisecond)
					if n := a.DeliverDue(t.Context(), r.client()); n != 0 {
						t.Fatalf("sent again before %v were over", wait)
					}
					a.clock.Advance(time.Millisecond)
				}
				if n := a.DeliverDue(t.Context(), r.client()); n != 1 {
					t.Fatalf("%d webhooks after %v, want 1", n, wait)
				}
				if at := r.signed[len(r.signed)-1]; !at.Equal(a.clock.Now().Truncate(time.Second)) {
					t.Errorf("signed at %v, want %v", at, a.clock.Now())
				}
			}
			a.Advance(30 * time.Hour)
			if n := a.DeliverDue(t.Context(), r.client()); n != 0 || a.Undelivered() != 0 {
				t.Errorf("%d webhooks after three days, %d on their way", n, a.Undelivered())
			}
			e := a.get(t, eventsPath, "delivery_success=false").first(t)
			e.want(t, 200, map[string]any{"pending_webhooks": 1})
			tries := a.Deliveries()
			if last := tries[len(tries)-1]; len(tries) != 14 || last.Attempt != 14 || last.Status != status ||
				last.Event != e.text("id") || last.Type != "payment_intent.created" {
				t.Errorf("%d tries, the last %+v", len(tries), last)
			}
			if len(r.bad) != 0 {
				t.Error(r.bad)
			}
		})
	}
}

// What fails does not hold up what comes behind it, and comes later; advancing the clock makes it due.
func TestT01_WebhookThatFailsHoldsUpNothing(t *testing.T) {
	t.Parallel()
	a, r := wired()
	r.status = func(n int) int { return []int{503, 200, 200, 200}[n] }
	a.pay(t, "pm_card_visa", "")
	a.DeliverDue(t.Context(), r.client())
	a.Advance(time.Second)
	a.DeliverDue(t.Context(), r.client())
	want := []string{
		"payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "payment_intent.created",
	}
	if diff := cmp.Diff(want, r.types()); diff != "" {
		t.Error(diff)
	}
	if !r.signed[3].Equal(start) {
		t.Errorf("signed at %v: the receiver's clock was not moved", r.signed[3])
	}
}

// Deliver sends at once, tries again when it is time, sends what the clock brings about, and ends with its context.
func TestT01_Deliver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := api{Sandbox: sandbox.New(sandbox.Config{})}
		_, secret := a.AddEndpoint("http://receiver.test/hook")
		r := &receiver{secret: secret, status: func(n int) int { return map[bool]int{true: 500, false: 200}[n < 4] }}
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { a.Deliver(ctx, r.client()) })
		begin := time.Now()
		id := a.open(t, "").text("id")
		synctest.Wait()
		if got := r.types(); len(got) != 1 {
			t.Fatalf("%v came at once, want one event", got)
		}
		<-time.After(21*time.Second - time.Millisecond)
		synctest.Wait()
		if got := r.types(); len(got) != 3 || time.Since(begin) > 22*time.Second {
			t.Fatalf("%v after %v, want three tries", got, time.Since(begin))
		}
		a.Advance(15 * time.Second)
		a.Advance(time.Minute)
		synctest.Wait()
		a.Advance(time.Minute)
		synctest.Wait()
		if got := r.types(); len(got) != 5 || a.Undelivered() != 0 {
			t.Fatalf("%v after the clock was moved, want five tries", got)
		}
		a.post(t, intentsPath+"/"+id+"/confirm", "payment_method=pm_card_pendingRefund").want(t, 200, nil)
		a.refund(t, id, "").want(t, 200, nil)
		<-time.After(3 * time.Minute)
		synctest.Wait()
		if got := r.types(); !slices.Contains(got, "refund.updated") {
			t.Errorf("%v: what the clock brought about was not sent", got)
		}
		if _, err := a.AddEvent(sandbox.MadeEvent{Type: "thing.exploded", Object: []byte(`{}`)}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := r.types(); got[len(got)-1] != "thing.exploded" {
			t.Errorf("%v: what a test made was not sent at once", got)
		}
		stop()
		running.Wait()
		a.open(t, "")
		synctest.Wait()
		if a.Undelivered() != 1 {
			t.Error("something was sent after the end")
		}
	})
}

// The loop over real connections: paid, and the receiver knows.
func TestT01_WebhooksOverHTTP(t *testing.T) {
	t.Parallel()
	a := newAPI()
	came := make(chan stripe.Event, 100)
	var secret string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		e, err := webhook.ConstructEventWithOptions(body, req.Header.Get("Stripe-Signature"), secret,
			webhook.ConstructEventOptions{IgnoreTolerance: true})
		if err != nil {
			t.Error(err)
		}
		came <- e
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(server.Close)
	_, secret = a.AddEndpoint(server.URL)
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	var running sync.WaitGroup
	t.Cleanup(func() { stop(); running.Wait() })
	running.Go(func() { a.Deliver(ctx, server.Client()) })
	a.pay(t, "pm_card_visa", "")
	for _, want := range []string{"payment_intent.created", "charge.succeeded", "payment_intent.succeeded"} {
		select {
		case e := <-came:
			if string(e.Type) != want {
				t.Errorf("%s came, want %s", e.Type, want)
			}
		case <-ctx.Done():
			t.Fatalf("%s did not come", want)
		}
	}
}

// Side by side, as Stripe sends them: never more than the account has asked for, and one slow answer holds up nothing.
func TestT01_WebhooksSideBySide(t *testing.T) {
	for _, atOnce := range []int{1, 4} {
		t.Run(strconv.Itoa(atOnce), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := api{Sandbox: sandbox.New(sandbox.Config{WebhooksAtOnce: atOnce})}
				a.AddEndpoint("http://receiver.test/hook")
				slow := &slowReceiver{}
				ctx, stop := context.WithCancel(t.Context())
				var running sync.WaitGroup
				running.Go(func() { a.Deliver(ctx, &http.Client{Transport: slow}) })
				for range 12 {
					a.open(t, "")
				}
				for a.Undelivered() > 0 {
					<-time.After(time.Second)
				}
				stop()
				running.Wait()
				if slow.most != atOnce || len(a.Deliveries()) != 12 {
					t.Errorf("%d at once and %d in all, want %d and 12", slow.most, len(a.Deliveries()), atOnce)
				}
			})
		})
	}
}

// A try that is cut off by the end of Deliver does not count: the next Deliver makes it at once.
func TestT01_DeliverEndsDuringATry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := api{Sandbox: sandbox.New(sandbox.Config{})}
		_, secret := a.AddEndpoint("http://receiver.test/hook")
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { a.Deliver(ctx, &http.Client{Transport: &slowReceiver{}}) })
		a.open(t, "")
		synctest.Wait()
		stop()
		running.Wait()
		if a.Undelivered() != 1 || len(a.Deliveries()) != 0 {
			t.Errorf("%d on their way, tried %v", a.Undelivered(), a.Deliveries())
		}
		r := &receiver{secret: secret}
		if n := a.DeliverDue(t.Context(), r.client()); n != 1 || len(r.bad) != 0 {
			t.Errorf("%d webhooks, want 1; %v", n, r.bad)
		}
	})
}

// slowReceiver takes a second for each webhook, and knows how many it had at once.
type slowReceiver struct {
	mu        sync.Mutex
	now, most int
}

func (r *slowReceiver) count(by int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now += by
	r.most = max(r.most, r.now)
}

func (r *slowReceiver) RoundTrip(req *http.Request) (*http.Response, error) {
	r.count(1)
	defer r.count(-1)
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-timer.C:
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("{}")), Request: req}, nil
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
}

// BenchmarkWebhook measures one event from its making to the answer of a receiver in the same process.
func BenchmarkWebhook(b *testing.B) {
	s := sandbox.New(sandbox.Config{WebhooksAtOnce: 16})
	s.AddEndpoint("http://receiver.test/hook")
	ctx, stop := context.WithCancel(b.Context())
	var running sync.WaitGroup
	came := make(chan struct{}, 1)
	running.Go(func() { s.Deliver(ctx, &http.Client{Transport: counted(came)}) })
	for b.Loop() {
		if _, err := s.AddEvent(sandbox.MadeEvent{Type: "charge.updated", Object: []byte(`{"id":"ch_1"}`)}); err != nil {
			b.Fatal(err)
		}
		<-came
	}
	stop()
	running.Wait()
}

// counted is a receiver that says only that something came.
type counted chan struct{}

func (c counted) RoundTrip(req *http.Request) (*http.Response, error) {
	c <- struct{}{}
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req}, nil
}
