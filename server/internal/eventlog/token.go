package eventlog

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/canonical"
)

// The parts of a resume token, in bytes: its version, the hash of the log's epoch, the position, and the authentication code
// over these, the filter and the caller.
const (
	tokenVersion  = 1
	tokenEpoch    = 16
	tokenPosition = 8
	tokenMAC      = 16
	tokenSize     = 1 + tokenEpoch + tokenPosition + tokenMAC
)

// tokenKeyFact is the fact of the store that holds the key of the tokens. Whoever can read the store could make a token up,
// and would gain nothing by it: a token gives no right, and each caller may go to any position.
const tokenKeyFact = "resume_token_key"

// errToken is why a token is not taken: it is damaged, or was given by another log, for another filter, or to another
// caller.
var errToken = errors.New("not a resume token of this log, filter and caller")

var tokenEncoding = base64.RawURLEncoding.Strict()

// tokenKey is what tokens are made and checked with. It is the same in all servers of one store.
type tokenKey []byte

// newTokenKey makes a key, as the text that the store keeps.
func newTokenKey() (string, error) {
	key := make([]byte, sha256.Size)
	if _, err := rand.Read(key); err != nil {
		return "", fmt.Errorf("make a key: %w", err)
	}
	return hex.EncodeToString(key), nil
}

// parseTokenKey reads what newTokenKey has made.
func parseTokenKey(text string) (tokenKey, error) {
	key, err := hex.DecodeString(text)
	if err != nil || len(key) != sha256.Size {
		return nil, errors.New("the key of the resume tokens in the store can not be read")
	}
	return key, nil
}

// tokenBinding is what a token is good for beside the log: a filter and a caller.
type tokenBinding [sha256.Size]byte

// bindToken says what the tokens of a stream are good for. No filter is the empty one.
func bindToken(filter *paymentsv1.EventFilter, caller string) tokenBinding {
	data := canonical.AppendString(nil, caller)
	if filter == nil {
		filter = &paymentsv1.EventFilter{}
	}
	return sha256.Sum256(canonical.Append(data, filter.ProtoReflect()))
}

// epochSum stands for an epoch in a token.
type epochSum [tokenEpoch]byte

func sumEpoch(epoch string) epochSum {
	sum := sha256.Sum256([]byte(epoch))
	return epochSum(sum[:tokenEpoch])
}

// encode makes the token of a position.
func (k tokenKey) encode(epoch epochSum, position int64, binding *tokenBinding) string {
	var token [tokenSize]byte
	token[0] = tokenVersion
	copy(token[1:], epoch[:])
	binary.BigEndian.PutUint64(token[1+tokenEpoch:], uint64(position)) //nolint:gosec // read back the same way
	k.authenticate(token[:], binding)
	return tokenEncoding.EncodeToString(token[:])
}

// decode reads a token that encode made for the same filter and caller, or returns errToken. Whether the epoch is still
// that of the log is the caller's to see.
func (k tokenKey) decode(text string, binding *tokenBinding) (epoch epochSum, position int64, err error) {
	// The decoder would skip line ends.
	if len(text) != tokenEncoding.EncodedLen(tokenSize) || strings.ContainsAny(text, "\r\n") {
		return epoch, 0, errToken
	}
	given, err := tokenEncoding.DecodeString(text)
	if err != nil || given[0] != tokenVersion {
		return epoch, 0, errToken
	}
	made := [tokenSize]byte(given)
	k.authenticate(made[:], binding)
	if !hmac.Equal(made[:], given) {
		return epoch, 0, errToken
	}
	position = int64(binary.BigEndian.Uint64(given[1+tokenEpoch:])) //nolint:gosec // it is what encode wrote
	return epochSum(given[1:]), position, nil
}

// authenticate writes the code over what stands in front of it.
func (k tokenKey) authenticate(token []byte, binding *tokenBinding) {
	code := hmac.New(sha256.New, k)
	code.Write(token[:tokenSize-tokenMAC])
	code.Write(binding[:])
	copy(token[tokenSize-tokenMAC:], code.Sum(nil)[:tokenMAC])
}
