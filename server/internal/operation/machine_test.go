package operation_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/call"
	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/seal"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

const method = paymentsv1.PaymentService_CreatePayment_FullMethodName

// fakeGateway is a Stripe that answers as a test says, and keeps what it was sent. Left alone, it makes payments, and
// finds nothing.
type fakeGateway struct {
	write  func(ctx context.Context, s stripegw.Sending) stripegw.Result
	lookUp func(s stripegw.Search) (stripegw.Finding, error)
	form   string
	// steps are what is prepared in place of one payment, and on is what they were prepared for.
	steps []stripegw.Step
	on    proto.Message
	// malformed is why no request can be prepared.
	malformed error

	mu       sync.Mutex
	sent     []stripegw.Sending
	searches []stripegw.Search
	resolved stripegw.Search
}

func (g *fakeGateway) Prepare(_, on proto.Message, _ string) ([]stripegw.Step, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.on = on; g.steps != nil {
		return g.steps, g.malformed
	}
	request := stripegw.Request{Method: "POST", Path: "/v1/payment_intents", Form: g.form}
	return []stripegw.Step{{Name: stripegw.OnlyStep, Request: request}}, g.malformed
}

func (g *fakeGateway) Write(ctx context.Context, s stripegw.Sending) stripegw.Result {
	g.mu.Lock()
	g.sent = append(g.sent, s)
	write := g.write
	g.mu.Unlock()
	if write == nil {
		return paid("pi_1")
	}
	return write(ctx, s)
}

func (g *fakeGateway) LookUp(_ context.Context, s stripegw.Search) (stripegw.Finding, error) {
	g.mu.Lock()
	g.searches = append(g.searches, s)
	lookUp := g.lookUp
	g.mu.Unlock()
	if lookUp == nil {
		return stripegw.Finding{}, nil
	}
	return lookUp(s)
}

func (g *fakeGateway) ReadResult(_ context.Context, s stripegw.Search, objectID string) (stripegw.Finding, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.resolved = s
	switch objectID {
	case "pi_other":
		return stripegw.Finding{}, apierr.InvalidField("object_id", "is of another operation")
	case "pi_declined":
		return stripegw.Finding{Found: true, Err: apierr.New(paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_DECLINED)}, nil
	}
	return stripegw.Finding{Found: true, Outcome: operation.Outcome{Resource: &paymentsv1.Payment{Id: objectID}}}, nil
}

// answers makes the gateway give these results, one after the other, and the last one for ever.
func (g *fakeGateway) answers(results ...stripegw.Result) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.write = func(context.Context, stripegw.Sending) stripegw.Result {
		g.mu.Lock()
		defer g.mu.Unlock()
		result := results[0]
		if len(results) > 1 {
			results = results[1:]
		}
		return result
	}
}

func (g *fakeGateway) sends() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.sent)
}

func (g *fakeGateway) lookUps() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.searches)
}

func paid(id string) stripegw.Result {
	return stripegw.Result{
		Verdict: stripegw.Done, Sends: 1, StripeRequestIDs: []string{"req_" + id},
		Outcome: operation.Outcome{
			Resource:     &paymentsv1.Payment{Id: id, State: paymentsv1.PaymentState_PAYMENT_STATE_SUCCEEDED},
			ClientSecret: id + "_secret",
		},
	}
}

func declined(id string) stripegw.Result {
	err := apierr.FromStripe(apierr.StripeError{
		HTTPStatus: 402, Type: "card_error", Code: "card_declined", DeclineCode: "insufficient_funds", PaymentIntentID: id,
		RequestID: "req_" + id,
	}, apierr.Subject{Write: true, Confirms: true})
	return stripegw.Result{
		Verdict: stripegw.Done, Sends: 1, Err: err, StripeRequestIDs: []string{"req_" + id},
		Outcome: operation.Outcome{
			Resource: &paymentsv1.Payment{Id: id, State: paymentsv1.PaymentState_PAYMENT_STATE_REQUIRES_PAYMENT_METHOD},
		},
	}
}

func uncertain(why paymentsv1.OperationUncertainty) stripegw.Result {
	return stripegw.Result{
		Verdict: stripegw.Uncertain, Sends: 1, Uncertainty: why, StripeRequestIDs: []string{"req_lost"},
		Err: apierr.OutcomePending("", apierr.ConstError("no answer")),
	}
}

func notDone() stripegw.Result {
	return stripegw.Result{
		Verdict: stripegw.NotDone, Sends: 3, Err: apierr.Unavailable(apierr.ConstError("refused"), time.Second),
	}
}

// machine is a Runner on a store of its own.
type machine struct {
	*operation.Runner

	gateway *fakeGateway
	store   *faultyStore
	log     *logRecords
	scope   operation.Scope
}

// logRecords keeps the messages that were logged, with what they say of operations.
type logRecords struct {
	slog.Handler

	mu    sync.Mutex
	lines []string
}

func (l *logRecords) Enabled(context.Context, slog.Level) bool { return true }

func (l *logRecords) Handle(_ context.Context, record slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, record.Message)
	return nil
}

func (l *logRecords) count(message string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.lines {
		if line == message {
			n++
		}
	}
	return n
}

func newMachine(t *testing.T, g *fakeGateway) *machine {
	t.Helper()
	return onStore(t, g, openStore(t), operation.Scope{Account: "acct_1"})
}

// onStore is one more server on a store.
func onStore(t *testing.T, g *fakeGateway, s store.Store, scope operation.Scope) *machine {
	t.Helper()
	m := &machine{
		gateway: g, store: &faultyStore{Store: s}, log: &logRecords{Handler: slog.DiscardHandler}, scope: scope,
	}
	m.Runner = m.with(sealKeys(t), nil)
	return m
}

// with is the machine's Runner with other seal keys, which may crash.
func (m *machine) with(keys *seal.Keys, crash func(point string)) *operation.Runner {
	return operation.New(operation.Config{
		Gateway: m.gateway, Store: m.store, Keys: keys, Scope: m.scope, Logger: slog.New(m.log), Retention: 24 * time.Hour,
		Crash: crash,
	})
}

// sealKeys are the same for every server of a test.
func sealKeys(t *testing.T) *seal.Keys {
	t.Helper()
	keys, err := seal.ParseKeys([]byte("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n"))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// recovering runs recovery until the test says that it is enough.
func (m *machine) recovering(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended, started := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		m.Recover(ctx, func() { close(started) })
	}()
	<-started
	return func() {
		cancel()
		<-ended
	}
}

// row is the operation of a key as the store has it.
func (m *machine) row(t *testing.T, ctx context.Context) store.Operation { //nolint:revive // t comes first in helpers
	t.Helper()
	op, err := m.store.Get(context.WithoutCancel(ctx), call.From(ctx).OperationID())
	if err != nil {
		t.Fatal(err)
	}
	return op
}

func request(key string) *paymentsv1.CreatePaymentRequest {
	return &paymentsv1.CreatePaymentRequest{
		IdempotencyKey: key, Amount: &paymentsv1.Money{MinorUnits: 2000, CurrencyCode: "USD"},
	}
}

// by is the context of an rpc of this caller.
func by(ctx context.Context, caller string) context.Context {
	ctx, info := call.New(ctx, "request-1")
	info.SetCaller(caller)
	return ctx
}

// pay calls once, as an rpc of the caller `checkout` with so much time, and returns the context for what is known of it.
func (m *machine) pay(t *testing.T, key string, within time.Duration) (context.Context, operation.Outcome, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(by(t.Context(), "checkout"), within)
	t.Cleanup(cancel)
	out, err := m.Do(ctx, method, request(key))
	return ctx, out, err
}

func reasonOf(err error) string {
	var e *apierr.Error
	if !errors.As(err, &e) {
		return ""
	}
	return apierr.ShortReason(e.Reason)
}

func paymentID(t *testing.T, out operation.Outcome) string {
	t.Helper()
	payment, ok := out.Resource.(*paymentsv1.Payment)
	if !ok {
		t.Fatalf("the outcome is a %T", out.Resource)
	}
	return payment.GetId()
}
