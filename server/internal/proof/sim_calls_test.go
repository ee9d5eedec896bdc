package proof_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/call"
	"github.com/tillgate/tillgate/server/internal/canonical"
	"github.com/tillgate/tillgate/server/internal/operation"
)

// intent is what a caller wants done under one key. The first request is the one that is meant; the others are what
// somebody sends under the same key by mistake.
type intent struct {
	caller, method, key string
	requests            []operation.Request
}

func (i *intent) name() string { return i.caller + " " + i.key }

// request returns the one with this hash.
func (i *intent) request(hash string) operation.Request {
	for _, r := range i.requests {
		if string(canonical.Hash(r, "idempotency_key")) == hash {
			return r
		}
	}
	return nil
}

// told is one call, and what its caller was told.
type told struct {
	intent      *intent
	request     operation.Request
	operationID string
	start, end  time.Time
	kind        answerKind
	resource    proto.Message
	secret      string
	replayed    bool
	reason      string
}

// answerKind is what an answer means to a caller.
type answerKind int

const (
	// The zero kind is that of a caller who left, or whose machine ended.
	_ answerKind = iota
	// done: it was done.
	done
	// refused: Stripe refused it, for ever under this key.
	refused
	// nothing: this call did nothing, and nothing will come of it.
	nothing
	// open: nobody knows yet.
	open
	// reused: the key belongs to another request.
	reused
	// impossible: no caller may hear this here.
	impossible
)

// kinds says what a reason means. What is not in it must not be told to a caller of a history.
var kinds = map[paymentsv1.ErrorReason]answerKind{
	paymentsv1.ErrorReason_ERROR_REASON_INVALID_FIELD:           refused,
	paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_MISSING:        refused,
	paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE:        refused,
	paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_METHOD_REQUIRED: refused,
	paymentsv1.ErrorReason_ERROR_REASON_PAYMENT_DECLINED:        refused,
	paymentsv1.ErrorReason_ERROR_REASON_AUTHENTICATION_REQUIRED: refused,
	paymentsv1.ErrorReason_ERROR_REASON_STRIPE_UNAVAILABLE:      nothing,
	paymentsv1.ErrorReason_ERROR_REASON_STORE_UNAVAILABLE:       nothing,
	paymentsv1.ErrorReason_ERROR_REASON_RATE_LIMITED:            nothing,
	paymentsv1.ErrorReason_ERROR_REASON_LOCK_TIMEOUT:            nothing,
	paymentsv1.ErrorReason_ERROR_REASON_DEADLINE_TOO_SHORT:      nothing,
	paymentsv1.ErrorReason_ERROR_REASON_STRIPE_CREDENTIALS:      nothing,
	paymentsv1.ErrorReason_ERROR_REASON_OUTCOME_PENDING:         open,
	paymentsv1.ErrorReason_ERROR_REASON_OPERATION_IN_PROGRESS:   open,
	paymentsv1.ErrorReason_ERROR_REASON_CANCELLED:               open,
	paymentsv1.ErrorReason_ERROR_REASON_IDEMPOTENCY_KEY_REUSED:  reused,
}

// patience is how a caller calls: how long it waits at most, and when it leaves. Zero is for ever.
type patience struct{ deadline, leave time.Duration }

// callLater calls a machine in a moment, so that several calls that are made at once have an order.
func (h *history) callLater(m *machine, i *intent, which int, p patience) {
	req := i.requests[which]
	h.mu.Lock()
	h.counts.Calls++
	n := h.counts.Calls
	h.mu.Unlock()
	after := h.latency(fmt.Sprint("call ", n))
	h.calls.Go(func() {
		<-time.After(after)
		h.call(m, n, i, req, p)
	})
}

func (h *history) call(m *machine, n int, i *intent, req operation.Request, p patience) *told {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if p.deadline > 0 {
		ctx, cancel = context.WithTimeout(ctx, p.deadline)
		defer cancel()
	}
	if p.leave > 0 {
		timer := time.AfterFunc(p.leave, cancel)
		defer timer.Stop()
	}
	ctx, info := call.New(ctx, fmt.Sprint("request-", n))
	info.SetCaller(i.caller)
	one := &told{intent: i, request: req, start: time.Now()}
	h.mu.Lock()
	h.told = append(h.told, one)
	h.noteLocked("call %d to %s: %s %s", n, m.name, i.name(), describe(req))
	h.mu.Unlock()

	outcome, err := m.runner.Do(ctx, i.method, req)

	h.mu.Lock()
	defer h.mu.Unlock()
	one.operationID = info.OperationID()
	if m.dead || ctx.Err() != nil {
		h.noteLocked("call %d hears nothing", n)
		return one
	}
	one.end = time.Now()
	if err == nil {
		one.kind, one.resource, one.secret, one.replayed = done, outcome.Resource, outcome.ClientSecret, outcome.Replayed
	} else {
		failure := apierr.From(err)
		one.reason = apierr.ShortReason(failure.Reason)
		var known bool
		if one.kind, known = kinds[failure.Reason]; !known {
			one.kind = impossible
			h.breaksLocked("%s was told %s: %v", i.name(), one.reason, errors.Unwrap(err))
		}
	}
	h.noteLocked("call %d hears %s %s, replayed %t", n, one.answer(), short(one.operationID), one.replayed)
	h.compareLocked(one)
	h.learnLocked(one)
	return one
}

// answer is what was told, in a few words.
func (a *told) answer() string {
	switch r := a.resource.(type) {
	case nil:
		return a.reason
	case *paymentsv1.Payment:
		return fmt.Sprintf("%s %s %d", r.GetId(), r.GetState(), r.GetAmount().GetMinorUnits())
	case *paymentsv1.Refund:
		return fmt.Sprintf("%s %s %d", r.GetId(), r.GetState(), r.GetAmount().GetMinorUnits())
	default:
		return fmt.Sprintf("%T", r)
	}
}

// final is whether nothing else may ever be told under the key.
func (a *told) final() bool { return a.kind == done || a.kind == refused }

// compareLocked compares a final answer with the first under the same key: it must be the same, but for what belongs to
// the first call alone.
func (h *history) compareLocked(a *told) {
	if a.kind == done && a.replayed && a.secret != "" {
		h.breaksLocked("%s was told a client secret again", a.intent.name())
	}
	for _, b := range h.told {
		if b.intent != a.intent || b == a || !a.final() || !b.final() {
			continue
		}
		switch {
		case b.request != a.request:
			h.breaksLocked("%s was answered for two requests: %s, %s", a.intent.name(), b.answer(), a.answer())
		case b.kind != a.kind, b.reason != a.reason, !proto.Equal(b.resource, a.resource):
			h.breaksLocked("%s was told two things: %s, then %s", a.intent.name(), b.answer(), a.answer())
		}
		return
	}
}
