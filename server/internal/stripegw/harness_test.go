package stripegw_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

const (
	createPayment  = paymentsv1.PaymentService_CreatePayment_FullMethodName
	confirmPayment = paymentsv1.PaymentService_ConfirmPayment_FullMethodName
	updatePayment  = paymentsv1.PaymentService_UpdatePayment_FullMethodName
	capturePayment = paymentsv1.PaymentService_CapturePayment_FullMethodName
	cancelPayment  = paymentsv1.PaymentService_CancelPayment_FullMethodName
	createRefund   = paymentsv1.PaymentService_CreateRefund_FullMethodName
	cancelRefund   = paymentsv1.PaymentService_CancelRefund_FullMethodName

	createCustomer      = paymentsv1.CustomerService_CreateCustomer_FullMethodName
	ensureCustomer      = paymentsv1.CustomerService_EnsureCustomer_FullMethodName
	updateCustomer      = paymentsv1.CustomerService_UpdateCustomer_FullMethodName
	deleteCustomer      = paymentsv1.CustomerService_DeleteCustomer_FullMethodName
	setDefault          = paymentsv1.CustomerService_SetDefaultPaymentMethod_FullMethodName
	createMethod        = paymentsv1.CustomerService_CreatePaymentMethod_FullMethodName
	updateMethod        = paymentsv1.CustomerService_UpdatePaymentMethod_FullMethodName
	attachMethod        = paymentsv1.CustomerService_AttachPaymentMethod_FullMethodName
	detachMethod        = paymentsv1.CustomerService_DetachPaymentMethod_FullMethodName
	createSetupIntent   = paymentsv1.CustomerService_CreateSetupIntent_FullMethodName
	confirmSetupIntent  = paymentsv1.CustomerService_ConfirmSetupIntent_FullMethodName
	cancelSetupIntent   = paymentsv1.CustomerService_CancelSetupIntent_FullMethodName
	verifyMicrodeposits = paymentsv1.CustomerService_VerifyMicrodeposits_FullMethodName

	testKey     = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
	stripeKey   = "tg1-abcdefghijklmnop"
	operationID = "op_abcdefghijklmnop"

	// smallPayment is the least that is understood as a payment.
	smallPayment = `{"id":"pi_1","object":"payment_intent","status":"succeeded","amount":1000,"currency":"usd"}`
	// canary stands for whatever must never leave a body of Stripe's.
	canary = "canary_secret"
)

// parseKey returns a key that is known to be one.
func parseKey(t *testing.T, text string) stripegw.Key {
	t.Helper()
	key, err := stripegw.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// newGateway returns a gateway that speaks to url, after the change of its config by every one of edits.
func newGateway(t *testing.T, url string, edits ...func(*stripegw.Config)) *stripegw.Gateway {
	t.Helper()
	config := stripegw.Config{URL: url, Key: parseKey(t, testKey), Logger: slog.New(slog.DiscardHandler)}
	for _, edit := range edits {
		edit(&config)
	}
	g, err := stripegw.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// sendTimeout is a config with another send timeout.
func sendTimeout(d time.Duration) func(*stripegw.Config) {
	return func(c *stripegw.Config) { c.SendTimeout = d }
}

// fakeStripe is an HTTP server that counts what arrives.
type fakeStripe struct {
	*httptest.Server

	mu       sync.Mutex
	requests []*http.Request
}

// newStripe answers every request with handler.
func newStripe(t *testing.T, handler http.HandlerFunc) *fakeStripe {
	t.Helper()
	f := &fakeStripe{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		f.mu.Lock()
		f.requests = append(f.requests, r)
		f.mu.Unlock()
		handler(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

// arrivals is how many requests came.
func (f *fakeStripe) arrivals() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.requests)
}

// answer is a handler that always answers the same.
func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Request-Id", "req_1")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// createRequest is the least CreatePaymentRequest.
func createRequest() *paymentsv1.CreatePaymentRequest {
	return &paymentsv1.CreatePaymentRequest{
		IdempotencyKey: "order-1001-attempt-1",
		Amount:         &paymentsv1.Money{MinorUnits: 1000, CurrencyCode: "USD"},
	}
}

// prepare records a request that must be accepted.
func prepare(t *testing.T, g *stripegw.Gateway, req *paymentsv1.CreatePaymentRequest) stripegw.Request {
	t.Helper()
	r, err := prepareOnly(g, req, operationID)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// prepareOnly is what an rpc sends that takes one step and reads nothing first.
func prepareOnly(g *stripegw.Gateway, req proto.Message, operationID string) (stripegw.Request, error) {
	steps, err := g.Prepare(req, nil, operationID)
	if err != nil {
		return stripegw.Request{}, err
	}
	if len(steps) != 1 || steps[0].Name != stripegw.OnlyStep || len(steps[0].Fills) > 0 {
		return stripegw.Request{}, fmt.Errorf("the steps are %v", steps)
	}
	return steps[0].Request, nil
}

// create prepares and writes the least payment.
func create(t *testing.T, g *stripegw.Gateway) (stripegw.Outcome, error) {
	t.Helper()
	return writeOnce(t.Context(), g, createPayment, prepare(t, g, createRequest()))
}

// writeOnce sends a write at most once.
func writeOnce(
	ctx context.Context, g *stripegw.Gateway, method string, r stripegw.Request,
) (stripegw.Outcome, error) {
	s := sending(method, r)
	s.MaxSends = 1
	result := g.Write(ctx, s)
	return result.Outcome, result.Err
}

// sending is a write that may be sent as often as any.
func sending(method string, r stripegw.Request) stripegw.Sending {
	return stripegw.Sending{Method: method, Request: r, Key: stripeKey, OperationID: operationID, MaxSends: 3}
}

// backOff is a config with another wait before the second send.
func backOff(d time.Duration) func(*stripegw.Config) {
	return func(c *stripegw.Config) { c.BackOff = d }
}

// reason is that of an error of ours; any other error fails the test.
func reason(t *testing.T, err error) paymentsv1.ErrorReason {
	t.Helper()
	var ours *apierr.Error
	if !errors.As(err, &ours) {
		t.Fatalf("the error is %T (%v), want *apierr.Error", err, err)
	}
	return ours.Reason
}

// wantReason fails the test if the error has another reason.
func wantReason(t *testing.T, err error, want paymentsv1.ErrorReason) {
	t.Helper()
	if got := reason(t, err); got != want {
		t.Errorf("reason = %v, want %v", got, want)
	}
}

// visible is everything that a caller or the log could see of an error: its text and that of all that it wraps, its
// status and its log attributes.
func visible(err error) string {
	var b strings.Builder
	for e := err; e != nil; e = errors.Unwrap(e) {
		fmt.Fprintf(&b, "%v\n%+v\n", e, e)
	}
	ours := apierr.From(err)
	b.WriteString(prototext.Format(apierr.Status(ours, "request-1").Proto()))
	for _, attr := range ours.LogAttrs() {
		b.WriteString(attr.String() + "\n")
	}
	return b.String()
}

// object is a sample of Stripe's with the given changes, keys separated by dots; a nil deletes nothing, it is null.
func object(t *testing.T, sample []byte, changes map[string]any) map[string]any {
	t.Helper()
	var o map[string]any
	decoder := json.NewDecoder(bytes.NewReader(sample))
	decoder.UseNumber()
	if err := decoder.Decode(&o); err != nil {
		t.Fatal(err)
	}
	for path, value := range changes {
		at := o
		keys := strings.Split(path, ".")
		for _, key := range keys[:len(keys)-1] {
			next, ok := at[key].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[key] = next
			}
			at = next
		}
		at[keys[len(keys)-1]] = value
	}
	return o
}

// encode is the JSON of v.
func encode(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// inProcess is a transport that answers with 200, without a socket.
func inProcess(body string) http.RoundTripper {
	return roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: http.StatusOK, Header: http.Header{},
			Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
		}, nil
	})
}

// roundTripper is a transport without a socket.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// protoText is all that a message says.
func protoText(m proto.Message) string { return prototext.Format(m) }
