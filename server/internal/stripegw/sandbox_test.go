package stripegw_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/sandbox"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// bench is a gateway before a sandbox on a real socket, which keeps the ledger by which tests about money judge.
type bench struct {
	*sandbox.Sandbox

	url     string
	gateway *stripegw.Gateway
}

func newBench(t *testing.T, edits ...func(*stripegw.Config)) *bench {
	t.Helper()
	b := &bench{Sandbox: sandbox.New(sandbox.Config{})}
	server := httptest.NewServer(b.Sandbox)
	t.Cleanup(server.Close)
	b.url = server.URL
	b.gateway = newGateway(t, server.URL, append([]func(*stripegw.Config){backOff(time.Millisecond)}, edits...)...)
	return b
}

// breaks adds a rule that breaks requests.
func (b *bench) breaks(t *testing.T, fault sandbox.Fault) {
	t.Helper()
	if err := b.AddFault(fault); err != nil {
		t.Fatal(err)
	}
}

// write prepares and writes under a key and an operation id of this name.
func (b *bench) write(t *testing.T, method, name string, req proto.Message) stripegw.Result {
	t.Helper()
	return b.gateway.Write(t.Context(), b.sending(t, method, name, req))
}

func (b *bench) sending(t *testing.T, method, name string, req proto.Message) stripegw.Sending {
	t.Helper()
	r, err := prepareOnly(b.gateway, req, "op_"+name)
	if err != nil {
		t.Fatal(err)
	}
	return stripegw.Sending{Method: method, Request: r, Key: "tg1-" + name, OperationID: "op_" + name, MaxSends: 3}
}

// pay makes a payment that must succeed.
func (b *bench) pay(t *testing.T, name string, edit func(*paymentsv1.CreatePaymentRequest)) *paymentsv1.Payment {
	t.Helper()
	req := payBy("pm_card_visa")
	if edit != nil {
		edit(req)
	}
	got := b.write(t, createPayment, name, req)
	if got.Verdict != stripegw.Done || got.Err != nil {
		t.Fatalf("%v, %v", got.Verdict, got.Err)
	}
	return got.Outcome.Resource.(*paymentsv1.Payment)
}

// payBy is a payment that is collected at once.
func payBy(method string) *paymentsv1.CreatePaymentRequest {
	return edited(func(r *paymentsv1.CreatePaymentRequest) { r.PaymentMethodId, r.Confirm = method, true })
}

// charged is how often the customer has paid for the operation x.
func (b *bench) charged() (times int) {
	for _, entry := range b.Ledger() {
		if entry.Operation == "op_x" && entry.Type == sandbox.MovementCharge {
			times++
		}
	}
	return times
}

// checkArrivals wants every arrival under the key of the operation x to be a send that was counted.
func (b *bench) checkArrivals(t *testing.T, got stripegw.Result, want int) {
	t.Helper()
	arrived := len(b.Requests("tg1-x"))
	if arrived != want || got.Sends != want {
		t.Errorf("%d arrivals and %d sends, want %d", arrived, got.Sends, want)
	}
}

// TestM12_ResendAfterEffect: Stripe has charged, and the answer does not arrive. The same key brings the answer, with
// one charge; on a connection that is new as on one that was used before.
func TestM12_ResendAfterEffect(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault sandbox.Fault
		edit  func(*stripegw.Config)
	}{
		{"M-12 drop after the effect", sandbox.Fault{Kind: sandbox.FaultDropAfter}, sendTimeout(0)},
		{"M-16 truncated", sandbox.Fault{Kind: sandbox.FaultTruncate}, sendTimeout(0)},
		{"M-16 no JSON", sandbox.Fault{Kind: sandbox.FaultWrongJSON}, sendTimeout(0)},
		{"M-16 slow body", sandbox.Fault{Kind: sandbox.FaultSlowBody, DelayMS: 5000}, sendTimeout(2 * time.Second)},
		{"M-13 delay", sandbox.Fault{Kind: sandbox.FaultDelay, DelayMS: 5000}, sendTimeout(2 * time.Second)},
	} {
		for _, reused := range []bool{false, true} {
			name := "fresh"
			if reused {
				name = "reused"
			}
			t.Run(tt.name+", "+name+" connection", func(t *testing.T) {
				b := newBench(t, tt.edit)
				if reused {
					b.pay(t, "before", nil)
				}
				tt.fault.Method, tt.fault.Count = http.MethodPost, 1
				b.breaks(t, tt.fault)

				got := b.write(t, createPayment, "x", payBy("pm_card_visa"))

				checkResult(t, got, stripegw.Done, noReason, certain)
				b.checkArrivals(t, got, 2)
				if b.charged() != 1 || got.Outcome.Replayed {
					t.Errorf("charged %d times, replayed %t; want once and not", b.charged(), got.Outcome.Replayed)
				}
			})
		}
	}
}

// TestM11_EveryAnswerIsLost: it stays uncertain after three sends, and there is one charge all the same.
func TestM11_EveryAnswerIsLost(t *testing.T) {
	b := newBench(t)
	b.pay(t, "before", nil)
	b.breaks(t, sandbox.Fault{Kind: sandbox.FaultDropAfter, Method: http.MethodPost})
	got := b.write(t, createPayment, "x", payBy("pm_card_visa"))
	checkUncertain(t, got, noAnswer)
	b.checkArrivals(t, got, 3)
	if b.charged() != 1 {
		t.Errorf("charged %d times, want once", b.charged())
	}
}

// TestM14_FailureAfterEffect: Stripe charges, fails, and goes on failing under this key. Nobody sends it another time
// in one write, and the next write learns that it keeps failing.
func TestM14_FailureAfterEffect(t *testing.T) {
	b := newBench(t)
	b.breaks(t, sandbox.Fault{Kind: sandbox.Fault500After, Method: http.MethodPost, Count: 1})
	s := b.sending(t, createPayment, "x", payBy("pm_card_visa"))
	for n, keeps := range []bool{false, true} {
		got := b.gateway.Write(t.Context(), s)
		checkUncertain(t, got, stripeFailure)
		if got.KeepsFailing != keeps || got.Sends != 1 {
			t.Errorf("write %d: keeps failing %t after %d sends, want %t after 1", n, got.KeepsFailing, got.Sends, keeps)
		}
	}
	found := b.lookUp(t, s)
	if !found.Found || found.Err != nil || b.charged() != 1 {
		t.Errorf("found %t, %v, charged %d times; want it found and charged once", found.Found, found.Err, b.charged())
	}
}

// TestM15_FailureBeforeEffect: nothing was done, and nobody can know that.
func TestM15_FailureBeforeEffect(t *testing.T) {
	b := newBench(t)
	b.breaks(t, sandbox.Fault{Kind: sandbox.Fault500Before, Method: http.MethodPost, Count: 1})
	s := b.sending(t, createPayment, "x", payBy("pm_card_visa"))
	checkUncertain(t, b.gateway.Write(t.Context(), s), stripeFailure)
	if found := b.lookUp(t, s); found.Found {
		t.Error("a payment was found that was never made")
	}
}

// TestM17_DeclineIsReplayed: the same key hears the same decline, and the bank is not asked again. The payment that it
// left is in the answer.
func TestM17_DeclineIsReplayed(t *testing.T) {
	b := newBench(t)
	for _, replayed := range []bool{false, true} {
		got := b.write(t, createPayment, "x", payBy("pm_card_chargeDeclinedInsufficientFunds"))
		checkResult(t, got, stripegw.Done, paymentDeclined, certain)
		payment, ok := got.Outcome.Resource.(*paymentsv1.Payment)
		if got.Outcome.Replayed != replayed || !ok || payment.GetLastError().GetDeclineCode() != "insufficient_funds" ||
			got.Sends != 1 || got.Outcome.ClientSecret != "" {
			t.Errorf("replayed %t after %d sends, %v", got.Outcome.Replayed, got.Sends, payment)
		}
	}
	if attempts := b.attempts(t); attempts != 1 {
		t.Errorf("the bank was asked %d times, want once", attempts)
	}
}

// TestM26_KeyInUse: Stripe still works on a send whose caller gave up. The same key waits and asks again.
func TestM26_KeyInUse(t *testing.T) {
	b := newBench(t, func(c *stripegw.Config) {
		c.BackOff, c.Random = 350*time.Millisecond, func() float64 { return 0 }
	})
	b.breaks(t, sandbox.Fault{Kind: sandbox.FaultDelay, DelayMS: 900, Method: http.MethodPost, Count: 1})
	s := b.sending(t, createPayment, "x", payBy("pm_card_visa"))
	zombie := make(chan stripegw.Result)
	go func() { zombie <- b.gateway.Write(t.Context(), s) }()
	b.waitForKey(t)

	got := b.gateway.Write(t.Context(), s)

	checkResult(t, got, stripegw.Done, noReason, certain)
	first := <-zombie
	if first.Verdict != stripegw.Done || got.Sends < 2 || got.Outcome.Replayed || b.charged() != 1 {
		t.Errorf("%v; %d sends, replayed %t, charged %d times", first.Verdict, got.Sends, got.Outcome.Replayed, b.charged())
	}
}

// TestM26_KeyStaysInUse: it is uncertain, and never sent under another key.
func TestM26_KeyStaysInUse(t *testing.T) {
	b := newBench(t)
	b.breaks(t, sandbox.Fault{Kind: sandbox.FaultStatus, Status: http.StatusConflict, Method: http.MethodPost})
	got := b.write(t, createPayment, "x", payBy("pm_card_visa"))
	checkUncertain(t, got, inUse)
	b.checkArrivals(t, got, 3)
	if all := len(b.Requests("")); all != 3 {
		t.Errorf("%d arrivals in all, want the 3 of one key", all)
	}
}

// TestO01_O02_Limits: what a limit or a lock held back is sent again, and was not done if that goes on.
func TestO01_O02_Limits(t *testing.T) {
	lock := json.RawMessage(stripeError("invalid_request_error", "lock_timeout"))
	for _, tt := range []struct {
		name string
		body json.RawMessage
		want paymentsv1.ErrorReason
	}{{"O-01 rate limit", nil, rateLimited}, {"O-02 lock timeout", lock, lockTimeout}} {
		for _, count := range []int{1, 2, 0} {
			t.Run(tt.name, func(t *testing.T) {
				b := newBench(t)
				b.breaks(t, sandbox.Fault{
					Kind: sandbox.FaultStatus, Status: http.StatusTooManyRequests, Body: tt.body,
					Method: http.MethodPost, Count: count,
				})
				got := b.write(t, createPayment, "x", payBy("pm_card_visa"))
				if count == 0 {
					checkResult(t, got, stripegw.NotDone, tt.want, certain)
					b.checkArrivals(t, got, 3)
					return
				}
				checkResult(t, got, stripegw.Done, noReason, certain)
				b.checkArrivals(t, got, count+1)
			})
		}
	}
}

// TestF12_SandboxCounts: whatever breaks, the same key arrives three times at most, and is charged once at most.
func TestF12_SandboxCounts(t *testing.T) {
	for _, fault := range []sandbox.Fault{
		{Kind: sandbox.FaultDropBefore},
		{Kind: sandbox.FaultDropAfter},
		{Kind: sandbox.FaultTruncate},
		{Kind: sandbox.FaultWrongJSON},
		{Kind: sandbox.Fault500Before},
		{Kind: sandbox.Fault500After},
		{Kind: sandbox.Fault502HTML},
		{Kind: sandbox.FaultStatus, Status: 401},
		{Kind: sandbox.FaultStatus, Status: 403},
		{Kind: sandbox.FaultStatus, Status: 409},
		{Kind: sandbox.FaultStatus, Status: 429},
		{Kind: sandbox.FaultStatus, Status: 503},
		{Kind: sandbox.FaultStatus, Status: 503, Headers: map[string]string{"Stripe-Should-Retry": "true"}},
	} {
		b := newBench(t)
		b.breaks(t, fault)
		s := b.sending(t, createPayment, "x", payBy("pm_card_visa"))
		s.MaxSends = 100
		got := b.gateway.Write(t.Context(), s)
		arrived := len(b.Requests("tg1-x"))
		if arrived > 3 || arrived != got.Sends || b.charged() > 1 || got.Verdict == stripegw.Done {
			t.Errorf("%s %d: %d arrivals, %d sends, charged %d times, %v", fault.Kind, fault.Status, arrived, got.Sends,
				b.charged(), got.Verdict)
		}
		if got.Verdict == stripegw.NotDone && b.charged() != 0 {
			t.Errorf("%s %d: it was done", fault.Kind, fault.Status)
		}
	}
}

// checkUncertain wants the operation x to be uncertain, and its error to name it.
func checkUncertain(t *testing.T, got stripegw.Result, want paymentsv1.OperationUncertainty) {
	t.Helper()
	if got.Verdict != stripegw.Uncertain || got.Uncertainty != want {
		t.Errorf("%v, %v, want uncertain, %v", got.Verdict, got.Uncertainty, want)
	}
	wantReason(t, got.Err, outcomePending)
	if got := operationOf(got.Err); got != "op_x" {
		t.Errorf("the error names operation %q", got)
	}
}

// attempts is how many charges there are, declined ones too.
func (b *bench) attempts(t *testing.T) int {
	t.Helper()
	answer, err := b.gateway.Send(t.Context(), stripegw.Request{Method: http.MethodGet, Path: "/v1/charges"}, "")
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		Data []json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(answer.Body, &list); err != nil {
		t.Fatal(err)
	}
	return len(list.Data)
}

// waitForKey waits until the sandbox has taken up the first write: it charges before it pauses.
func (b *bench) waitForKey(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for len(b.Ledger()) == 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("the sandbox was not reached")
		}
	}
}

// requireAction makes a pending refund wait for the customer: only then can it be canceled.
func (b *bench) requireAction(t *testing.T, refundID string) {
	t.Helper()
	r, err := http.NewRequestWithContext(
		t.Context(), http.MethodPost, b.url+"/_sandbox/refunds/"+refundID+"/require_action", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("status %d", answer.StatusCode)
	}
}

// updateFor changes what is set.
func updateFor(id string, payment *paymentsv1.Payment) *paymentsv1.UpdatePaymentRequest {
	return &paymentsv1.UpdatePaymentRequest{PaymentId: id, Payment: payment}
}
