package operation

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strconv"
	"strings"
)

// Scope is what every operation of a server has in common: the Stripe account it acts on, and the mode of its key.
type Scope struct {
	// Account is Stripe's id of the account, `acct_...`.
	Account string
	// Live is whether real money moves.
	Live bool
}

func (s Scope) mode() string {
	if s.Live {
		return "live"
	}
	return "test"
}

// identity is what one write is derived from. It is the caller's name, never the credential, so that a new token does
// not make a new operation; and the account and mode, so that nothing is ever shared between two of them.
type identity struct {
	scope          Scope
	caller, method string
	idempotencyKey string
	// reference is what the write makes an object for, if there is to be one of it whoever makes it, and generation which
	// maker it is. They are known once it has begun.
	reference  string
	generation int64
	// earlier is how many operations for the reference the key has had before.
	earlier int
}

// operationID names the write for callers, logs and Stripe's metadata. It can be derived again from the request, and, for
// a reference, from how many the key has had before.
func (i identity) operationID() string {
	if i.earlier > 0 {
		// No key of a caller's has a #. The reference stands there for a key whose first operation is forgotten.
		i.idempotencyKey += "#" + strconv.Itoa(i.earlier) + "#" + i.reference
	}
	return "op_" + i.digest("operation")
}

// stripeKey is the idempotency key that Stripe sees for one step of the write. Two callers who choose the same key can therefore not reach each
// other's answers, and the key survives the loss of the store. For a reference it is the maker's, whichever call that is,
// and another one for each maker.
func (i identity) stripeKey(step string) string {
	if i.reference != "" {
		i.caller, i.idempotencyKey = "", i.reference+"#"+strconv.FormatInt(i.generation, 10)
	}
	return "tg1-" + i.digest("stripe", step)
}

// digest hashes the fields with their lengths in front, so that no two lists of fields read the same. The purpose keeps
// the two kinds of name apart: who sees an operation id must not know the key.
func (i identity) digest(purpose string, more ...string) string {
	hash := sha256.New()
	for _, field := range append([]string{purpose, i.scope.Account, i.scope.mode(), i.caller, i.method, i.idempotencyKey}, more...) {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(field)))
		hash.Write(length[:])
		hash.Write([]byte(field))
	}
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(hash.Sum(nil)))
}
