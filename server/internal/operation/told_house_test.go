package operation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/redact"
	"github.com/tillgate/tillgate/server/internal/sandbox"
	"github.com/tillgate/tillgate/server/internal/seal"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

func TestMain(m *testing.M) { os.Exit(pgcluster.Run(m)) }

// engines are the databases that the tests of what is told run on: they bring operation and the log together.
var engines = []struct {
	name string
	open func(t *testing.T) store.Store
}{{"sqlite", openStore}, {"postgres", openPostgres}}

func openPostgres(t *testing.T) store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: pgcluster.Database(t), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return s
}

// pacedStore puts off what is given back for as long as a test says, so that recovery takes it now, or not by itself.
type pacedStore struct {
	store.Store

	after atomic.Int64
}

func (s *pacedStore) putOff(after time.Duration) { s.after.Store(int64(after)) }

func (s *pacedStore) Postpone(ctx context.Context, p store.Postpone) error {
	p.After = time.Duration(s.after.Load())
	return s.Store.Postpone(ctx, p)
}

// blindGateway is one whose look-ups find nothing, or fail, where a test says so: Stripe's lists lag behind.
type blindGateway struct {
	*stripegw.Gateway

	blind   bool
	failure error
	lookUps atomic.Int64
}

func (g *blindGateway) LookUp(ctx context.Context, s stripegw.Search) (stripegw.Finding, error) {
	g.lookUps.Add(1)
	if g.blind {
		return stripegw.Finding{}, g.failure
	}
	return g.Gateway.LookUp(ctx, s)
}

// toldHouse is a server between its callers and a Stripe of its own, to which webhooks come as a test says.
type toldHouse struct {
	*machine

	stripe  *sandbox.Sandbox
	gateway *blindGateway
	paced   *pacedStore
	keys    *seal.Keys
	events  atomic.Int64

	mu sync.Mutex
	// answered is called once with the key of the next POST, when that has had its effect and before its answer comes.
	answered func(key string)
	// crash is called at each point of operation.CrashPoints.
	crash func(point string)
}

func newToldHouse(t *testing.T, db store.Store) *toldHouse {
	t.Helper()
	h := &toldHouse{
		stripe: sandbox.New(sandbox.Config{}), paced: &pacedStore{Store: db}, keys: sealKeys(t),
	}
	key, err := stripegw.ParseKey("sk_test_house")
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	gateway, err := stripegw.New(stripegw.Config{
		URL: "http://stripe.test", Key: key, Transport: h, Logger: quiet, BackOff: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	h.gateway = &blindGateway{Gateway: gateway}
	h.machine = &machine{
		store: &faultyStore{Store: h.paced}, log: &logRecords{Handler: slog.DiscardHandler},
		scope: operation.Scope{Account: sandbox.DefaultAccount},
	}
	h.Runner = operation.New(operation.Config{
		Gateway: h.gateway, Store: h.store, Keys: h.keys, Scope: h.scope, Logger: quiet, Crash: h.at,
	})
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		db.Sequence(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return h
}

func (h *toldHouse) at(point string) {
	h.mu.Lock()
	crash := h.crash
	h.mu.Unlock()
	if crash != nil {
		crash(point)
	}
}

// once calls do at the first time that a point is met from now on, or from when another point is met first.
func (h *toldHouse) once(behind, point string, do func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	armed, done := behind == "", false
	h.crash = func(at string) {
		h.mu.Lock()
		armed = armed || at == behind
		now := armed && !done && at == point
		done = done || now
		h.mu.Unlock()
		if now {
			do()
		}
	}
}

// beforeTheAnswer calls do with the key of the next POST, when that has had its effect and before its answer comes.
func (h *toldHouse) beforeTheAnswer(do func(key string)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answered = do
}

// RoundTrip implements http.RoundTripper.
func (h *toldHouse) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := h.stripe.RoundTrip(r)
	if r.Method != http.MethodPost {
		return resp, err
	}
	h.mu.Lock()
	answered := h.answered
	h.answered = nil
	h.mu.Unlock()
	if answered != nil {
		requests := h.stripe.Requests("")
		answered(requests[len(requests)-1].IdempotencyKey)
	}
	return resp, err
}

// breaks breaks the sends to a path.
func (h *toldHouse) breaks(t *testing.T, kind sandbox.FaultKind, path string, count int) {
	t.Helper()
	if err := h.stripe.AddFault(sandbox.Fault{Kind: kind, Method: "POST", Path: path, Count: count}); err != nil {
		t.Fatal(err)
	}
}

// do is an rpc of the caller `checkout`. It returns the context for what is known of it.
func (h *toldHouse) do(t *testing.T, method string, req operation.Request) (context.Context, operation.Outcome, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(by(t.Context(), "checkout"), 20*time.Second)
	t.Cleanup(cancel)
	out, err := h.Do(ctx, method, req)
	return ctx, out, err
}

// charge is a request for a payment that is charged at once.
func charge() *paymentsv1.CreatePaymentRequest {
	req := request("order-1001")
	req.PaymentMethodId, req.PaymentMethodTypes, req.Confirm = goodCard, []string{"card"}, true
	return req
}

// sent are the sends of creates of payments, and their key: there must be one.
func (h *toldHouse) sent(t *testing.T) (n int, key string) {
	t.Helper()
	for _, r := range h.stripe.Requests("") {
		if r.Method == http.MethodPost && r.Path == paymentsPath {
			if n++; n == 1 {
				key = r.IdempotencyKey
			}
			if r.IdempotencyKey != key {
				t.Errorf("a send under %s, and one under %s", key, r.IdempotencyKey)
			}
		}
	}
	return n, key
}

// raw asks Stripe past the server.
func (h *toldHouse) raw(t *testing.T, method, path, form string) map[string]any {
	t.Helper()
	r, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, "http://stripe.test"+path, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer sk_test_raw")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := h.stripe.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode > 299 {
		t.Fatalf("%s %s: %d, %v, %v", method, path, resp.StatusCode, answer, err)
	}
	return answer
}

func (h *toldHouse) post(t *testing.T, path string, pairs ...string) (id string) {
	t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	id, _ = h.raw(t, http.MethodPost, path, form.Encode())["id"].(string)
	return id
}

// only is the id of the one object in a list at Stripe.
func (h *toldHouse) only(t *testing.T, path string) string {
	t.Helper()
	data, _ := h.raw(t, http.MethodGet, path, "")["data"].([]any)
	if len(data) != 1 {
		t.Fatalf("%s has %d, want one", path, len(data))
	}
	first, _ := data[0].(map[string]any)
	id, _ := first["id"].(string)
	return id
}

// resource is an object as it is at Stripe.
func (h *toldHouse) resource(t *testing.T, kind, id string) stripegw.Resource {
	t.Helper()
	r, err := h.gateway.FetchObject(context.WithoutCancel(t.Context()), kind, id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// webhook takes in an event that shows a resource, as eventlog does.
func (h *toldHouse) webhook(t *testing.T, cause, kind string, r stripegw.Resource) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	id := fmt.Sprint("evt_", h.events.Add(1))
	if cause == "" {
		cause = id
	}
	if _, err := h.paced.Receive(ctx, store.Delivery{
		ID: id, State: store.DeliveryWaiting, Kind: kind, ObjectID: r.ID, APIVersion: "2023-10-16", Created: time.Now().Unix(),
		Body: []byte("sealed"),
	}); err != nil {
		t.Fatal(err)
	}
	claimed, err := h.paced.ClaimDeliveries(ctx, time.Minute, 10)
	if err != nil || len(claimed) != 1 || claimed[0].ID != id {
		t.Fatalf("claimed %+v, %v", claimed, err)
	}
	stands, err := h.paced.Object(ctx, r.ID)
	if err != nil {
		t.Fatal(err)
	}
	public := h.keys.Seal("event/resource", r.ID, packed(t, redact.Public(r.Message)))
	if _, err := h.paced.Ingest(ctx, store.Ingest{
		ID: id, Attempt: claimed[0].Attempt,
		Object: &store.Object{
			ID: r.ID, Kind: r.Kind, Version: stands.Version, Basis: store.BasisEvent, Created: time.Now().Unix(), Cause: cause,
			State: r.State, Ended: r.Ended, Resource: h.keys.Seal("object/resource", r.ID, packed(t, r.Message)), Public: public,
		},
		Events: []store.Event{{
			ObjectID: r.ID, ObjectKind: r.Kind, Kind: kind, Cause: cause, StripeEventID: id, Resource: public,
		}},
	}); err != nil {
		t.Fatal(err)
	}
}

func packed(t *testing.T, m proto.Message) []byte {
	t.Helper()
	message, err := anypb.New(m)
	if err != nil {
		t.Fatal(err)
	}
	data, err := proto.Marshal(message)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// opened is a message that was sealed for an object.
func (h *toldHouse) opened(t *testing.T, purpose, id string, sealed []byte) proto.Message {
	t.Helper()
	plain, err := h.keys.Open(purpose, id, sealed)
	if err != nil {
		t.Fatalf("open %s of %s: %v", purpose, id, err)
	}
	var message anypb.Any
	if err := proto.Unmarshal(plain, &message); err != nil {
		t.Fatal(err)
	}
	m, err := message.UnmarshalNew()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// told is the whole log.
func (h *toldHouse) told(t *testing.T) []store.LogEvent {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	var events []store.LogEvent
	eventually(t, "all events have their positions", func() bool {
		stats, err := h.paced.LogStats(ctx)
		if err != nil || stats.Unnumbered > 0 {
			return false
		}
		events, _, err = h.paced.ReadLog(ctx, 0, store.LogFilter{}, 100)
		return err == nil
	})
	return events
}

// ended waits until an operation is in this state.
func (h *toldHouse) ended(t *testing.T, ctx context.Context, want store.State) store.Operation { //nolint:revive // as in row
	t.Helper()
	var op store.Operation
	eventually(t, fmt.Sprint("the operation is in state ", want), func() bool {
		op = h.row(t, ctx)
		return op.State == want
	})
	return op
}

// eventually polls until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		<-time.After(10 * time.Millisecond)
	}
}

var errNoList = apierr.Unavailable(apierr.ConstError("the list can not be read"), time.Second)
