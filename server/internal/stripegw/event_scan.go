package stripegw

import (
	"cmp"
	"encoding/json"
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxEventText is the longest text that is taken from an event, in bytes: Stripe's ids and idempotency keys have up to
// 255 (https://docs.stripe.com/upgrades#what-changes-does-stripe-consider-to-be-backwards-compatible).
const maxEventText = 255

// fieldsOf are the names and the values of a JSON object in their order, both as they stand there: the names in quotes.
// raw must be valid JSON; what is no object has none. Nothing is copied or decoded, since of an event five or six
// fields of hundreds are wanted. A name that is written with escapes is not recognised; Stripe writes none so.
func fieldsOf(raw []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		rest := between(raw)
		if len(rest) == 0 || rest[0] != '{' {
			return
		}
		for rest = between(rest[1:]); len(rest) > 0 && rest[0] == '"'; rest = between(rest) {
			n := textEnd(rest)
			name := rest[:n]
			rest = between(rest[n:])
			n = valueEnd(rest)
			if !yield(name, rest[:n]) {
				return
			}
			rest = rest[n:]
		}
	}
}

// fieldOf is the value of one field of a JSON object, whose name is given in quotes; nil where it has none.
func fieldOf(raw []byte, name string) []byte {
	for found, value := range fieldsOf(raw) {
		if string(found) == name {
			return value
		}
	}
	return nil
}

// between skips what stands between names and values.
func between(raw []byte) []byte {
	for i, c := range raw {
		switch c {
		case ' ', '\t', '\r', '\n', ',', ':':
		default:
			return raw[i:]
		}
	}
	return nil
}

// valueEnd is where the value ends that raw begins with.
func valueEnd(raw []byte) int {
	if len(raw) == 0 {
		return 0
	}
	if raw[0] == '"' {
		return textEnd(raw)
	}
	depth := 0
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			i += textEnd(raw[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 {
				return i // behind a number or a word
			}
			if depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
	}
	return len(raw)
}

// textEnd is where the text ends that raw begins with, quotes included.
func textEnd(raw []byte) int {
	for i := 1; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(raw)
}

// eventText is the text that a value is. It is empty where that is none, is too long, or holds what no database and no
// log should: characters that are not printed, and bytes that are not UTF-8.
func eventText(value []byte) string {
	if len(value) < 2 || value[0] != '"' || len(value) > 6*maxEventText {
		return ""
	}
	if plain := value[1 : len(value)-1]; isPlain(plain) {
		return string(plain)
	}
	var text string
	if json.Unmarshal(value, &text) != nil || len(text) > maxEventText {
		return ""
	}
	for _, c := range text {
		if c == utf8.RuneError || !strconv.IsPrint(c) {
			return ""
		}
	}
	return text
}

// isPlain is whether a text stands for itself: all of it is ASCII that can be printed, and nothing is escaped.
func isPlain(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c > '~' || c == '\\' {
			return false
		}
	}
	return len(text) <= maxEventText
}

// eventToken is a text that has the form of Stripe's ids and names, or nothing.
func eventToken(value []byte) string { return token(eventText(value)) }

// eventID is an id of Stripe's of an event, or nothing.
func eventID(value []byte) string {
	text := eventToken(value)
	if strings.ContainsAny(text, "-.") {
		return ""
	}
	return text
}

// objectID is the id of an object, or nothing. Some ids are chosen by people, who like `-` and `.`; one that begins with
// a dot is none: a path may end in it.
func objectID(value []byte) string {
	text := eventToken(value)
	if strings.HasPrefix(text, ".") {
		return ""
	}
	return text
}

// accountID is the account that is named; empty where none is.
func accountID(value []byte) string {
	if string(value) == "null" {
		return ""
	}
	return cmp.Or(eventToken(value), UnreadableAccount)
}

// eventTime is a time of Stripe's in seconds since 1970; 0 where it is none.
func eventTime(value []byte) int64 {
	seconds, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil || seconds < 0 || seconds > maxTimestamp {
		return 0
	}
	return seconds
}
