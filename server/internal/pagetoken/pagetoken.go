// Package pagetoken makes the tokens with which callers page through lists. A token says after which item to go on,
// and for which request: it is good for the rpc and the arguments that it was made for, and for no other. It holds no
// secret and gives no right: whoever makes one up may read no more than the list itself. It is a leaf: of the server it
// knows only canonical.
package pagetoken

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/tillgate/tillgate/server/internal/canonical"
)

// The fields of every list that are no arguments: they change from page to page.
const (
	pageSize  protoreflect.Name = "page_size"
	pageToken protoreflect.Name = "page_token"
)

const (
	// version is the first byte of a token. It changes with what follows and with the canonical form.
	version = 1
	// sumSize is how much of the hash a token carries.
	sumSize = 8
	// maxID is the longest id of Stripe's.
	maxID = 255
)

// ErrInvalid is why a token is not taken: damaged, of another rpc, for other arguments, or of another version.
var ErrInvalid = errors.New("not a page token of this request")

var encoding = base64.RawURLEncoding.Strict()

// Encode returns the token of the page behind the item with this id, for the arguments of a request: all of its fields
// but `page_size` and `page_token`.
func Encode(lastID string, req proto.Message) string {
	sum := checksum(lastID, req)
	data := make([]byte, 0, 1+sumSize+len(lastID))
	data = append(data, version)
	data = append(data, sum[:]...)
	data = append(data, lastID...)
	return encoding.EncodeToString(data)
}

// Decode returns the id in a token that Encode made for the same arguments, or ErrInvalid.
func Decode(token string, req proto.Message) (lastID string, err error) {
	// The decoder would skip line ends.
	if encoding.DecodedLen(len(token)) > 1+sumSize+maxID || strings.ContainsAny(token, "\r\n") {
		return "", ErrInvalid
	}
	data, err := encoding.DecodeString(token)
	if err != nil || len(data) <= 1+sumSize || data[0] != version {
		return "", ErrInvalid
	}
	lastID = string(data[1+sumSize:])
	if !isID(lastID) || checksum(lastID, req) != [sumSize]byte(data[1:1+sumSize]) {
		return "", ErrInvalid
	}
	return lastID, nil
}

// checksum covers the id too, so that a damaged one is noticed here.
func checksum(lastID string, req proto.Message) [sumSize]byte {
	data := canonical.AppendString([]byte{version}, lastID)
	digest := sha256.Sum256(canonical.Append(data, req.ProtoReflect(), pageSize, pageToken))
	return [sumSize]byte(digest[:sumSize])
}

// isID is whether Stripe may have given it. It goes into a query, and what a caller made up must not change that.
func isID(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return s != ""
}
