package sandbox

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// keyLife is how long Stripe keeps a key at least (docs.stripe.com/api/idempotent_requests). The sandbox forgets it
// then, so that a caller who relies on more is found out.
const keyLife = 24 * time.Hour

// keyStore holds the answers to keyed POST requests. The caller holds the sandbox's lock.
type keyStore struct {
	entries map[string]*keyEntry
	order   []string // oldest first
}

type keyEntry struct {
	fingerprint string
	since       time.Time
	requestID   string
	running     bool
	answer      answer
}

func newKeyStore() keyStore {
	return keyStore{entries: map[string]*keyEntry{}}
}

// begin claims the key of a call. It gives the claim to finish, or the answer that is known already. Without a key, or
// on a method that is idempotent by itself, there is neither.
func (k *keyStore) begin(c *call, account string) (claim *keyEntry, a answer, known bool) {
	if c.key == "" || c.method != http.MethodPost {
		return nil, answer{}, false
	}
	k.prune(c.at)
	var fingerprint strings.Builder
	fmt.Fprintf(&fingerprint, "%s %s %s ", c.method, c.path, account)
	c.params.canonical(&fingerprint)

	entry, found := k.entries[c.key]
	switch {
	case !found:
		entry = &keyEntry{fingerprint: fingerprint.String(), since: c.at, requestID: c.requestID, running: true}
		k.entries[c.key] = entry
		k.order = append(k.order, c.key)
		return entry, answer{}, false
	case entry.fingerprint != fingerprint.String():
		return nil, c.refuse(&failure{
			status: http.StatusBadRequest, errorType: typeIdempotency, unlogged: true,
			message: fmt.Sprintf("Keys for idempotent requests can only be used with the same parameters they were "+
				"first used with. Try using a key other than '%s' if you meant to execute a different request.", c.key),
		}), true
	case entry.running:
		return nil, c.refuse(keyInUse(c.key)), true
	}
	return nil, entry.replay(c), true
}

func keyInUse(key string) *failure {
	f := invalid("idempotency_key_in_use", "", fmt.Sprintf("There is currently another in-progress request using this "+
		"Idempotent Key (that probably means you submitted twice, and the other request is still going through): %s. "+
		"Please try again later.", key))
	f.status = http.StatusConflict
	return f
}

func (e *keyEntry) finish(a answer) {
	e.answer, e.running = a, false
}

// replay gives the stored status and body unchanged, under a request id of its own.
func (e *keyEntry) replay(c *call) answer {
	a := answer{status: e.answer.status, header: c.headers(e.answer.status), body: e.answer.body}
	a.header.Set("Idempotent-Replayed", "true")
	a.header.Set("Original-Request", e.requestID)
	return a
}

func (k *keyStore) prune(now time.Time) {
	for len(k.order) > 0 {
		oldest := k.entries[k.order[0]]
		if oldest.running || now.Sub(oldest.since) < keyLife {
			return
		}
		delete(k.entries, k.order[0])
		k.order = k.order[1:]
	}
}
