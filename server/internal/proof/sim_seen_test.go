package proof_test

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"strings"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
)

// short is enough of an operation's id to tell it from its neighbours.
func short(operationID string) string { return operationID[:min(len(operationID), 9)] }

// stripeKey is the key at Stripe of what a caller asked for, derived apart from the code under test: the base32 of SHA-256
// over the fields, each behind its length in 8 bytes.
func stripeKey(caller, method, key string) string {
	hash := sha256.New()
	for _, field := range []string{"stripe", simAccount, "test", caller, method, key, "1"} {
		_ = binary.Write(hash, binary.BigEndian, uint64(len(field)))
		hash.Write([]byte(field))
	}
	return "tg1-" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(hash.Sum(nil)))
}

func (h *history) count(add func(c *counts)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	add(&h.counts)
}

// begins takes note of a begin that stands in the store, whoever hears of it.
func (h *history) begins(op store.Operation, lease time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	seen := h.operations[op.ID]
	if seen == nil {
		seen = &simOperation{id: op.ID, caller: op.Caller, method: op.Method, key: op.IdempotencyKey}
		seen.stripeKey = stripeKey(op.Caller, op.Method, op.IdempotencyKey)
		h.operations[op.ID], h.byKey[seen.stripeKey] = seen, seen
	} else {
		h.counts.Anew++
	}
	seen.begun++
	hash, err := h.keys.Open("operation/request", op.ID, op.RequestHash)
	if err != nil {
		h.breaksLocked("%s began with a request that can not be told: %v", op.ID, err)
	}
	seen.hash, seen.begunAt = string(hash), time.Now()
	h.due[op.ID] = seen.begunAt.Add(lease)
	h.counts.Begun++
	h.noteLocked("%s begins, attempt %d", short(op.ID), op.Attempt)
}

// dueIn takes note of when an operation will be due.
func (h *history) dueIn(id string, after time.Duration, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if errors.Is(err, store.ErrFenced) {
		h.counts.Fenced++
	}
	if err == nil {
		h.due[id] = time.Now().Add(after)
	}
}

// finishes takes note of an end that stands in the store.
func (h *history) finishes(m *machine, f store.Finish, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.noteLocked("%s finishes %s: attempt %d, state %d, %s, %v", m.name, short(f.ID), f.Attempt, f.State, f.ObjectID, err)
	switch {
	case errors.Is(err, store.ErrFenced):
		h.counts.Fenced++
	case err == nil:
		delete(h.due, f.ID)
	}
}
