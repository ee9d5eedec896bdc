package client

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
)

const (
	minKey = 8
	maxKey = 128

	// A full stop is followed by what it stands for: `x` and two hexadecimal digits for a byte, `n` for nothing, in
	// front of a long number. Behind a key that is too short it is followed by dashes or by nothing, between the
	// beginning and the hash of one that is too long by an underscore. So no two of them can be mixed up.
	separator  = ":"
	escape     = ".x"
	longNumber = ".n"
	padding    = "."
	hashed     = "._"

	// longDigits is the least number of digits in a card number.
	longDigits = 13
)

// Key makes an idempotency key from facts of the caller's own, which are the same after a crash: what is bought, and
// which try this is. client.Key("order", 1001, 1) is "order:1001:1". Never use the time of the call or a random number:
// a key that is made anew with each repetition charges with each repetition.
//
// The same facts give the same key, in all versions of this package, and other facts, or the same in another order or
// split in another way, give another. A fact is a string, an integer, or has a method String, of whatever named type;
// what counts is its text, so that 1 and "1" are the same fact. A time counts in UTC. With no facts, or with one that
// has no steady text (a float, a struct, a pointer, a protobuf message, nil), the key is empty, and a call that needs a
// key of the caller's own is refused before it is sent.
//
// The key is valid: 8 to 128 characters of `A-Za-z0-9._:-`. Other characters, the colon and the full stop among them,
// are written as `.x` and the hexadecimal digits of each byte; `.n` stands in front of a number of 13 digits or more,
// so that the server does not take it for the number of a card; a key that would be longer than 128 characters ends
// in a SHA-256 of all of it.
func Key(facts ...any) string {
	if len(facts) == 0 {
		return ""
	}
	parts := make([]string, len(facts))
	for i, fact := range facts {
		text, ok := textOf(fact)
		if !ok {
			return ""
		}
		parts[i] = encode(text)
	}
	key := strings.Join(parts, separator)
	if len(key) < minKey {
		key += padding
		return key + strings.Repeat("-", max(minKey-len(key), 0))
	}
	if len(key) > maxKey {
		sum := sha256.Sum256([]byte(key))
		end := hashed + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:]))
		return key[:maxKey-len(end)] + end
	}
	return key
}

// textOf returns the text of a fact, and false where it has none that is the same in another process.
func textOf(fact any) (string, bool) {
	value := reflect.ValueOf(fact)
	if !value.IsValid() || value.Kind() == reflect.Pointer && value.IsNil() {
		return "", false
	}
	switch f := fact.(type) {
	case time.Time:
		return f.UTC().Format(time.RFC3339Nano), true // String shows the zone, and how long the machine is up.
	case *time.Time:
		return f.UTC().Format(time.RFC3339Nano), true
	case proto.Message:
		return "", false // String differs from build to build.
	case fmt.Stringer:
		return f.String(), true
	}
	switch {
	case value.Kind() == reflect.String:
		return value.String(), true
	case value.CanInt():
		return strconv.FormatInt(value.Int(), 10), true
	case value.CanUint():
		return strconv.FormatUint(value.Uint(), 10), true
	default:
		return "", false
	}
}

// encode writes a fact so that it holds no separator, and nothing that looks like the number of a card.
func encode(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		n := stretch(text)
		if n == 0 {
			encodeByte(&b, text[0])
			text = text[1:]
			continue
		}
		if digitsIn(text[:n]) < longDigits {
			b.WriteString(text[:n])
		} else {
			b.WriteString(longNumber + strings.ReplaceAll(text[:n], "-", escape+"2D"))
		}
		text = text[n:]
	}
	return b.String()
}

func encodeByte(b *strings.Builder, c byte) {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', c == '_':
		b.WriteByte(c)
	default:
		fmt.Fprintf(b, escape+"%02X", c)
	}
}

// stretch returns how many digits and dashes a text begins with.
func stretch(text string) int {
	n := 0
	for n < len(text) && (isDigit(text[n]) || text[n] == '-') {
		n++
	}
	return n
}

func digitsIn(text string) int {
	n := 0
	for i := range len(text) {
		if isDigit(text[i]) {
			n++
		}
	}
	return n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
