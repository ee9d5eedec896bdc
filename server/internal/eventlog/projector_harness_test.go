package eventlog_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/eventlog"
	"github.com/tillgate/tillgate/server/internal/sandbox"
	"github.com/tillgate/tillgate/server/internal/seal"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// waitFor is how long a test waits for what must come.
const waitFor = 20 * time.Second

// world is a Stripe, a store, and the parts between them.
type world struct {
	*sandbox.Sandbox

	store   store.Store
	gateway *stripegw.Gateway
	keys    *seal.Keys
	config  eventlog.Config
	logs    *syncWriter

	mu       sync.Mutex
	now      time.Time // the sandbox's clock
	keysMade int
}

// newWorld returns a world whose Stripe's time stands still until a test moves it.
func newWorld(tb testing.TB, e engine, edits ...func(*eventlog.Config)) *world {
	tb.Helper()
	w := &world{store: e.open(tb), logs: &syncWriter{}, now: time.Now()}
	w.Sandbox = sandbox.New(sandbox.Config{Now: func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	}})
	key, err := stripegw.ParseKey("sk_test_4eC39HqLyjWDarjtT1zdp7dc")
	if err != nil {
		tb.Fatal(err)
	}
	logger := slog.New(slog.NewJSONHandler(w.logs, nil))
	w.gateway, err = stripegw.New(stripegw.Config{
		URL: "https://sandbox.test", Key: key, Transport: w.Sandbox, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		tb.Fatal(err)
	}
	if w.keys, err = seal.NewKeys(); err != nil {
		tb.Fatal(err)
	}
	w.config = eventlog.Config{
		Store: w.store, Gateway: w.gateway, Keys: w.keys, Logger: logger, Account: sandbox.DefaultAccount,
		Budget: eventlog.PatientBudget(), RetryAfter: time.Millisecond,
	}
	for _, edit := range edits {
		edit(&w.config)
	}
	background(tb, w.store.Sequence)
	return w
}

// background runs something until the end of the test, and waits for its end.
func background(tb testing.TB, run func(context.Context)) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(tb.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(ctx)
	}()
	tb.Cleanup(func() {
		cancel()
		<-done
	})
}

// later moves Stripe's clock.
func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// syncWriter takes a log.
type syncWriter struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *syncWriter) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *syncWriter) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// call asks the sandbox for something as anybody with the key may, under an idempotency key if there is one. A refusal
// is returned like an answer.
func (w *world) call(tb testing.TB, method, path, key string, form url.Values) map[string]any {
	tb.Helper()
	body := strings.NewReader(form.Encode())
	r, err := http.NewRequestWithContext(tb.Context(), method, "https://sandbox.test"+path, body)
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer sk_test_4eC39HqLyjWDarjtT1zdp7dc")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if strings.HasPrefix(path, "/_sandbox/") {
		values := map[string]string{}
		for name := range form {
			values[name] = form.Get(name)
		}
		data, _ := json.Marshal(values)
		r.Body = io.NopCloser(strings.NewReader(string(data)))
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	response, err := w.RoundTrip(r)
	if err != nil {
		tb.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer map[string]any
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		tb.Fatalf("%s %s: %d, %v", method, path, response.StatusCode, err)
	}
	if response.StatusCode >= 300 && response.StatusCode != http.StatusPaymentRequired {
		tb.Fatalf("%s %s: %d, %v", method, path, response.StatusCode, answer)
	}
	return answer
}

// post is call with parameters in pairs; it returns the id of what was made.
func (w *world) post(tb testing.TB, path, key string, pairs ...string) (id string) {
	tb.Helper()
	id, _ = w.call(tb, http.MethodPost, path, key, params(pairs...))["id"].(string)
	return id
}

func params(pairs ...string) url.Values {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

// happened are the events that Stripe has, the oldest first.
func (w *world) happened(tb testing.TB) []stripegw.ListedEvent {
	tb.Helper()
	var all []stripegw.ListedEvent
	after := ""
	for {
		events, more, err := w.gateway.ListEvents(tb.Context(), 0, after)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, events...)
		if !more {
			break
		}
		after = events[len(events)-1].ID
	}
	for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
		all[i], all[j] = all[j], all[i]
	}
	return all
}

// receive takes events in, as the webhook does.
func (w *world) receive(tb testing.TB, bodies ...[]byte) {
	tb.Helper()
	var under sync.WaitGroup
	free := make(chan struct{}, 32)
	for _, body := range bodies {
		free <- struct{}{}
		under.Go(func() {
			defer func() { <-free }()
			if _, err := w.store.Receive(tb.Context(), w.delivery(body)); err != nil {
				tb.Errorf("receive: %v", err)
			}
		})
	}
	under.Wait()
}

func (w *world) delivery(body []byte) store.Delivery {
	e, _ := stripegw.DecodeEvent(body)
	return store.Delivery{
		ID: e.ID, State: store.DeliveryWaiting, Kind: e.Type, ObjectID: e.ObjectID, APIVersion: e.APIVersion,
		Livemode: e.Livemode, Created: e.Created, Body: w.keys.Seal(eventlog.BodyPurpose, e.ID, body),
	}
}

// project runs a projector until the end of the test.
func (w *world) project(tb testing.TB) *eventlog.Projector {
	tb.Helper()
	p := eventlog.NewProjector(w.config)
	background(tb, p.Run)
	return p
}

// settled waits until nothing waits any more, but for what is behind dead letters.
func (w *world) settled(tb testing.TB, p *eventlog.Projector) {
	tb.Helper()
	p.Wake()
	defer func() {
		if tb.Failed() {
			tb.Logf("the log:\n%s", w.logs)
		}
	}()
	until(tb, "all deliveries are projected", func() bool {
		stats, err := w.store.LogStats(tb.Context())
		if err != nil {
			tb.Fatal(err)
		}
		return stats.Waiting == 0 && stats.Unnumbered == 0
	})
}

// until waits until something is so.
func until(tb testing.TB, what string, so func() bool) {
	tb.Helper()
	deadline := time.Now().Add(waitFor)
	for !so() {
		if time.Now().After(deadline) {
			tb.Fatalf("after %s it is still not so that %s", waitFor, what)
		}
		<-time.After(2 * time.Millisecond)
	}
}

// told is all that the log tells of an object, or of everything where there is none.
func (w *world) told(tb testing.TB, objectIDs ...string) []*paymentsv1.Event {
	tb.Helper()
	var told []*paymentsv1.Event
	for after := int64(0); ; {
		events, upTo, err := w.store.ReadLog(tb.Context(), after, store.LogFilter{ObjectIDs: objectIDs}, 1000)
		if err != nil {
			tb.Fatal(err)
		}
		for _, e := range events {
			m, err := eventlog.MessageOf(w.keys, e)
			if err != nil {
				tb.Fatal(err)
			}
			told = append(told, m)
		}
		if upTo == after {
			return told
		}
		after = upTo
	}
}

// kinds are the kinds of events.
func kinds(events []*paymentsv1.Event) []string {
	found := make([]string, 0, len(events))
	for _, e := range events {
		found = append(found, e.GetRawType())
	}
	return found
}

// known is what is known of an object: its row, and its message.
func (w *world) known(tb testing.TB, id string) (store.Object, proto.Message) {
	tb.Helper()
	row, err := w.store.Object(tb.Context(), id)
	if err != nil {
		tb.Fatal(err)
	}
	if row.Version == 0 {
		return row, nil
	}
	m, err := eventlog.OpenMessage(w.keys, eventlog.ObjectPurpose, id, row.Resource)
	if err != nil {
		tb.Fatal(err)
	}
	return row, m
}

// wantAsStripe compares what is known of an object with what Stripe has.
func (w *world) wantAsStripe(tb testing.TB, kind, id string) {
	tb.Helper()
	at, err := w.gateway.FetchObject(tb.Context(), kind, id)
	if err != nil {
		tb.Fatal(err)
	}
	row, m := w.known(tb, id)
	if m == nil {
		tb.Errorf("%s is not known", id)
		return
	}
	if row.State != at.State || !eventlog.SameMessage(m, at.Message) {
		tb.Errorf("%s is in state %d, known as %v\nStripe has state %d, %v", id, row.State, m, at.State, at.Message)
	}
}
