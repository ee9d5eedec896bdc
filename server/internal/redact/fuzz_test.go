package redact_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/tillgate/tillgate/server/internal/redact"
)

const marker = "<never-to-be-seen>"

// FuzzMessage fills a message of payments.v1 as the bytes say and looks for a marked field that survives, in the
// message itself and within an Any.
func FuzzMessage(f *testing.F) {
	kinds := messagesOfPayments(f)
	for i := range kinds {
		f.Add(uint8(i), []byte{})
		f.Add(uint8(i), []byte("\x01\x05text\x00\x01\x03abc\x01\x00\x01\x08a\"b\n\xff"))
	}
	f.Fuzz(func(t *testing.T, which uint8, choices []byte) {
		m := kinds[int(which)%len(kinds)].New()
		source := bytesToChoose{choices}
		filled := filler{
			skip:   func() bool { return source.next()%4 == 0 },
			choose: func(n int) int { return int(source.next()) % n },
			text: func(marked bool) string {
				if marked {
					return source.text() + marker + source.text()
				}
				return source.text()
			},
		}
		filled.message(m, false)
		if source.next()%2 == 0 {
			m.SetUnknown(protowire.AppendString(protowire.AppendTag(nil, 9999, protowire.BytesType), marker))
		}
		before := proto.Clone(m.Interface())

		for _, original := range []proto.Message{
			m.Interface(),
			&status.Status{Details: []*anypb.Any{pack(t, m.Interface())}},
		} {
			if text := redact.Text(original); strings.Contains(text, marker) {
				t.Errorf("Text shows a marked field: %s", text)
			}
			if strings.Contains(wire(t, redact.Message(original)), marker) {
				t.Errorf("Message keeps a marked field: %v", redact.Message(original))
			}
			if strings.Contains(wire(t, redact.Public(original)), marker) {
				t.Errorf("Public keeps a marked field: %v", redact.Public(original))
			}
		}
		if !proto.Equal(before, m.Interface()) {
			t.Errorf("the message went from %v to %v", before, m)
		}
	})
}

// bytesToChoose hands out bytes, and ones when there are no more, so that little input still fills a whole message.
type bytesToChoose struct{ left []byte }

func (b *bytesToChoose) next() byte {
	if len(b.left) == 0 {
		return 1
	}
	first := b.left[0]
	b.left = b.left[1:]
	return first
}

// text is up to 15 bytes long and, as the wire wants it, UTF-8.
func (b *bytesToChoose) text() string {
	n := min(int(b.next()%16), len(b.left))
	text := string(b.left[:n])
	b.left = b.left[n:]
	if !utf8.ValidString(text) {
		return strings.ToValidUTF8(text, "?")
	}
	return text
}
