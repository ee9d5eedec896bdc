package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// stripeCanary stands in every message of a broken Stripe: none of it may come out.
const stripeCanary = "canary@example.com pi_1_secret_canary"

// fault breaks the next request to Stripe, or as many as its count says.
func (p *process) fault(t *testing.T, fault map[string]any) {
	t.Helper()
	if fault["count"] == nil {
		fault["count"] = 1
	}
	body, err := json.Marshal(fault)
	if err != nil {
		t.Fatal(err)
	}
	if code, answer := p.sandboxCall(t, http.MethodPost, "/_sandbox/faults", string(body)); code != http.StatusOK {
		t.Fatalf("the sandbox refuses the fault: %d %s", code, answer)
	}
}

// deaf lets no webhook come, which would tell what an answer that was lost did not.
func (p *process) deaf(t *testing.T) {
	t.Helper()
	p.fault(t, map[string]any{"kind": "lost", "event_type": "*", "count": 1_000})
}

// broken breaks the next requests that write, so many, and nothing else.
func (p *process) broken(t *testing.T, fault map[string]any, count int) {
	t.Helper()
	fault = maps.Clone(fault)
	fault["method"], fault["count"] = http.MethodPost, count
	p.fault(t, fault)
}

// sent is a request that Stripe received.
type sent struct {
	Method, Path string
	Key          string `json:"idempotency_key"`
}

// received returns what Stripe was sent.
func (p *process) received(t *testing.T) []sent {
	t.Helper()
	var log struct {
		Requests []sent `json:"requests"`
	}
	_, body := p.sandboxCall(t, http.MethodGet, "/_sandbox/requests", "")
	if err := json.Unmarshal(body, &log); err != nil {
		t.Fatal(err)
	}
	return log.Requests
}

// requests counts what Stripe was sent about payments.
func (p *process) requests(t *testing.T, method string) int {
	t.Helper()
	n := 0
	for _, r := range p.received(t) {
		if r.Method == method && strings.HasPrefix(r.Path, "/v1/payment_intents") {
			n++
		}
	}
	return n
}

// keys returns the idempotency keys that Stripe saw, each once.
func (p *process) keys(t *testing.T) map[string]bool {
	t.Helper()
	keys := map[string]bool{}
	for _, r := range p.received(t) {
		if r.Method != http.MethodGet {
			keys[r.Key] = true
		}
	}
	return keys
}

// sentUnderNewKeys counts the writes under other keys than these. Recovery may be at the others meanwhile.
func (p *process) sentUnderNewKeys(t *testing.T, before map[string]bool) (n int) {
	t.Helper()
	for _, r := range p.received(t) {
		if r.Method == http.MethodPost && !before[r.Key] {
			n++
		}
	}
	return n
}

func answered(statusCode int, errorType, code string) map[string]any {
	return map[string]any{"kind": "status", "status": statusCode, "body": map[string]any{"error": map[string]any{
		"type": errorType, "code": code, "message": stripeCanary,
	}}}
}

// What a caller hears when Stripe goes on misbehaving, on a write and on a read, and how often it is sent: a write up to
// three times where that may bring the answer, and a read once.
func TestStripeFaults(t *testing.T) {
	t.Parallel()
	type want struct {
		code   codes.Code
		reason string
	}
	pending := want{codes.Unknown, "OUTCOME_PENDING"}
	unavailable := want{codes.Unavailable, "STRIPE_UNAVAILABLE"}
	for i, tt := range []struct {
		name        string
		fault       map[string]any
		write, read want
		sends       int
	}{
		{
			"401", answered(401, "invalid_request_error", ""),
			want{codes.Internal, "STRIPE_CREDENTIALS"},
			want{codes.Internal, "STRIPE_CREDENTIALS"},
			1,
		},
		{
			"403", answered(403, "invalid_request_error", ""),
			want{codes.Internal, "STRIPE_CREDENTIALS"},
			want{codes.Internal, "STRIPE_CREDENTIALS"},
			1,
		},
		{
			"404", answered(404, "invalid_request_error", "resource_missing"),
			want{codes.Internal, "STRIPE_CONTRACT"},
			want{codes.NotFound, "RESOURCE_MISSING"},
			1,
		},
		{
			"409", answered(409, "invalid_request_error", "idempotency_key_in_use"),
			pending,
			want{codes.Aborted, "OPERATION_IN_PROGRESS"},
			3,
		},
		{
			"429 rate limit", answered(429, "invalid_request_error", "rate_limit"),
			want{codes.ResourceExhausted, "RATE_LIMITED"},
			want{codes.ResourceExhausted, "RATE_LIMITED"},
			3,
		},
		{
			"429 lock", answered(429, "invalid_request_error", "lock_timeout"),
			want{codes.Aborted, "LOCK_TIMEOUT"},
			want{codes.Aborted, "LOCK_TIMEOUT"},
			3,
		},
		{"500", answered(500, "api_error", ""), pending, unavailable, 1},
		{"500 before", map[string]any{"kind": "500_before"}, pending, unavailable, 1},
		{"502 HTML", map[string]any{"kind": "502_html"}, pending, unavailable, 3},
		{"503", map[string]any{"kind": "status", "status": 503, "body": stripeCanary}, pending, unavailable, 3},
		{"truncated", map[string]any{"kind": "truncate"}, pending, unavailable, 3},
		{"no JSON", map[string]any{"kind": "wrong_json"}, pending, unavailable, 3},
		{"200 with nothing", map[string]any{"kind": "status", "status": 200, "body": ""}, pending, unavailable, 3},
		{"200 with a page", map[string]any{"kind": "status", "status": 200, "body": "<html>" + stripeCanary}, pending, unavailable, 3},
		{"200 with an empty object", map[string]any{"kind": "status", "status": 200, "body": map[string]any{}}, pending, unavailable, 3},
		{"redirect", map[string]any{"kind": "status", "status": 307, "headers": map[string]string{
			"Location": "/v1/payment_intents",
		}}, pending, unavailable, 1},
		{"dropped before", map[string]any{"kind": "drop_before"}, pending, unavailable, 3},
		{"dropped after", map[string]any{"kind": "drop_after"}, pending, unavailable, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // Most of it is back-off. Each has a server of its own: recovery would meet the faults of the next.
			p := startSandboxed(t)
			p.deaf(t)
			client := p.connect(t)
			paid, err := client.CreatePayment(dev(t), order("order-5000-attempt-1", "pm_card_visa"))
			if err != nil {
				t.Fatal(err)
			}
			before := p.keys(t)
			p.broken(t, tt.fault, tt.sends)
			_, err = client.CreatePayment(dev(t), order(fmt.Sprintf("order-50%02d-attempt-1", i+1), "pm_card_visa"))
			compare(t, "write", err, tt.write.code, tt.write.reason)
			if sent := p.sentUnderNewKeys(t, before); sent != tt.sends {
				t.Errorf("the write was sent %d times, want %d", sent, tt.sends)
			}

			reads := p.requests(t, http.MethodGet)
			fault := maps.Clone(tt.fault)
			fault["method"] = http.MethodGet
			p.fault(t, fault)
			_, err = client.GetPayment(dev(t), &paymentsv1.GetPaymentRequest{PaymentId: paid.GetPayment().GetId()})
			compare(t, "read", err, tt.read.code, tt.read.reason)
			if sent := p.requests(t, http.MethodGet) - reads; sent != 1 {
				t.Errorf("the read was sent %d times, want once", sent)
			}
			if strings.Contains(p.stderr.String(), "canary") {
				t.Error("the log holds text of Stripe's")
			}
		})
	}
}

func compare(t *testing.T, what string, err error, code codes.Code, reason string) {
	t.Helper()
	info := detail[*errdetails.ErrorInfo](err)
	if status.Code(err) != code || info.GetReason() != reason {
		t.Errorf("%s: %v (%s), want %v, %s", what, err, info.GetReason(), code, reason)
	}
	if reason == "OUTCOME_PENDING" && !strings.HasPrefix(info.GetMetadata()["operation_id"], "op_") {
		t.Errorf("%s: metadata = %v, want the operation id", what, info.GetMetadata())
	}
	retryable := code == codes.Unavailable || code == codes.Aborted || code == codes.ResourceExhausted
	if retryable != (detail[*errdetails.RetryInfo](err).GetRetryDelay().AsDuration() > 0) {
		t.Errorf("%s: RetryInfo = %v", what, detail[*errdetails.RetryInfo](err))
	}
	if text := status.Convert(err).Proto().String(); strings.Contains(text, "canary") || strings.Contains(text, "html") {
		t.Errorf("%s: the status holds text of Stripe's: %s", what, text)
	}
}

// Stripe charged and its answer was lost: the same key again brings the charge, not a second one.
func TestM12_AnswerLost(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	p.fault(t, map[string]any{"kind": "drop_after"})
	request := order("order-5100-attempt-1", "pm_card_visa")
	if got, err := client.CreatePayment(dev(t), request); err != nil || got.GetReplayed() {
		t.Fatalf("got %v, %v, want the charge by a second send", got, err)
	}
	again, err := client.CreatePayment(dev(t), request)
	if err != nil || !again.GetReplayed() {
		t.Errorf("the same key again: %v, %v, want a replay", again, err)
	}
	if keys := p.keys(t); len(keys) != 1 {
		t.Errorf("Stripe saw the keys %v, want one", keys)
	}
	entries := p.ledger(t)
	if len(entries) != 1 || !strings.HasPrefix(entries[0].IdempotencyKey, "tg1-") || !strings.HasPrefix(entries[0].Operation, "op_") {
		t.Errorf("the ledger holds %+v, want one charge with our key and operation", entries)
	}
}

// A caller that hangs up does not cut the charge, and its end is in the log.
func TestM22_CallerHangsUp(t *testing.T) {
	p := startSandboxed(t)
	client := p.connect(t)
	p.fault(t, map[string]any{"kind": "delay", "delay_ms": 300})
	ctx, cancel := context.WithCancel(dev(t))
	done := make(chan error, 1)
	go func() {
		_, err := client.CreatePayment(ctx, order("order-5200-attempt-1", "pm_card_visa"))
		done <- err
	}()
	poll(t, "the request to reach Stripe", func() bool { return len(p.ledger(t)) == 1 })
	cancel()
	if err := <-done; status.Code(err) != codes.Canceled {
		t.Errorf("the caller hears %v", err)
	}
	poll(t, "the end in the log", func() bool { return len(p.logLines("write ended after its caller left")) == 1 })
	if line, _ := p.logLine("write ended after its caller left"); line["outcome"] != "done" || line["caller"] != "dev" ||
		!strings.HasPrefix(fmt.Sprint(line["stripe_request_id"]), "req_") {
		t.Errorf("the log says %v", line)
	}
}

// A caller whose deadline passes hears from us, before its own side gives up, that the outcome is pending.
func TestM13_DeadlinePasses(t *testing.T) {
	p := startSandboxed(t)
	p.deaf(t)
	client := p.connect(t)
	p.fault(t, map[string]any{"kind": "delay", "delay_ms": 2000})
	ctx, cancel := context.WithTimeout(dev(t), time.Second)
	defer cancel()
	_, err := client.CreatePayment(ctx, order("order-5300-attempt-1", "pm_card_visa"))
	compare(t, "write", err, codes.Unknown, "OUTCOME_PENDING")

	// Whoever asks with the same key waits too, to its own deadline.
	ctx, cancel = context.WithTimeout(dev(t), 600*time.Millisecond)
	defer cancel()
	_, err = client.CreatePayment(ctx, order("order-5300-attempt-1", "pm_card_visa"))
	compare(t, "same key, in a hurry", err, codes.Aborted, "OPERATION_IN_PROGRESS")
	again, err := client.CreatePayment(dev(t), order("order-5300-attempt-1", "pm_card_visa"))
	if err != nil || !again.GetReplayed() {
		t.Errorf("same key: %v, %v, want the outcome", again, err)
	}
	if entries := p.ledger(t); len(entries) != 1 {
		t.Errorf("the ledger holds %+v, want one charge", entries)
	}
}

// poll waits for a condition without a fixed pause.
func poll(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited %v for %s", patience, what)
		}
	}
}
