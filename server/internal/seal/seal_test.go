package seal_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/tillgate/tillgate/server/internal/seal"
)

// keyLine is the line of a key file with a key of this one byte.
func keyLine(b byte) string {
	return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32)) + "\n"
}

func parse(tb testing.TB, lines ...string) *seal.Keys {
	tb.Helper()
	keys, err := seal.ParseKeys([]byte(strings.Join(lines, "")))
	if err != nil {
		tb.Fatal(err)
	}
	return keys
}

func TestRoundTrip(t *testing.T) {
	random, err := seal.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	for _, keys := range []*seal.Keys{parse(t, keyLine(1)), parse(t, keyLine(2), keyLine(1)), random} {
		for _, plain := range [][]byte{nil, {}, []byte("x"), bytes.Repeat([]byte("long "), 1000)} {
			sealed := keys.Seal("parameters", "op_1", plain)
			got, err := keys.Open("parameters", "op_1", sealed)
			if err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%d bytes came back as %d, %v", len(plain), len(got), err)
			}
			if len(plain) > 10 && bytes.Contains(sealed, plain[:10]) {
				t.Error("what is sealed can be read")
			}
			if len(sealed) != len(plain)+45 {
				t.Errorf("%d bytes became %d, want 45 more", len(plain), len(sealed))
			}
			if bytes.Equal(sealed, keys.Seal("parameters", "op_1", plain)) {
				t.Error("two seals of the same are the same, so that it can be seen that they are")
			}
		}
	}
}

// oldSeal is "paid", sealed with keyLine(1) for the outcome of op_1, apart from this code.
func oldSeal(tb testing.TB) []byte {
	tb.Helper()
	const text = "0172cd6e84" + // version and key
		"000102030405060708090a0b0c0d0e0f1011121314151617" + // nonce
		"08b1b2e17f2867c302825de2f2e49c015efbd524"
	sealed, err := hex.DecodeString(text)
	if err != nil {
		tb.Fatal(err)
	}
	return sealed
}

// What a build has sealed, every later one must open.
func TestOldSealOpens(t *testing.T) {
	if got, err := parse(t, keyLine(1)).Open("outcome", "op_1", oldSeal(t)); err != nil || string(got) != "paid" {
		t.Errorf("got %q, %v, want paid", got, err)
	}
}

func TestMovedToAnotherPlace(t *testing.T) {
	keys := parse(t, keyLine(1))
	sealed := keys.Seal("outcome", "op_1", []byte("paid"))
	for _, place := range [][2]string{
		{"outcome", "op_2"}, {"parameters", "op_1"}, {"outcomeop", "_1"}, {"", "outcomeop_1"}, {"outcomeop_1", ""}, {"", ""},
	} {
		if got, err := keys.Open(place[0], place[1], sealed); !errors.Is(err, seal.ErrDamaged) || got != nil {
			t.Errorf("it opened for %q: %q, %v", place, got, err)
		}
	}
}

func TestEveryFlippedBitIsNoticed(t *testing.T) {
	keys := parse(t, keyLine(1), keyLine(2))
	sealed := keys.Seal("outcome", "op_1", []byte("paid"))
	for i := range sealed {
		for bit := range 8 {
			changed := bytes.Clone(sealed)
			changed[i] ^= 1 << bit
			got, err := keys.Open("outcome", "op_1", changed)
			want := seal.ErrDamaged
			if i >= 1 && i < 5 {
				want = seal.ErrUnknownKey
			}
			if !errors.Is(err, want) || got != nil {
				t.Errorf("bit %d of byte %d: %q, %v, want %v", bit, i, got, err, want)
			}
		}
		if got, err := keys.Open("outcome", "op_1", sealed[:i]); !errors.Is(err, seal.ErrDamaged) || got != nil {
			t.Errorf("cut at %d: %q, %v", i, got, err)
		}
	}
	if got, err := keys.Open("outcome", "op_1", append(bytes.Clone(sealed), 0)); !errors.Is(err, seal.ErrDamaged) {
		t.Errorf("with a byte more: %q, %v", got, err)
	}
	if got, err := keys.Open("outcome", "op_1", nil); !errors.Is(err, seal.ErrDamaged) {
		t.Errorf("nothing at all: %q, %v", got, err)
	}
}

// A new key stands in front of the old one until nothing old is left.
func TestRotation(t *testing.T) {
	first := parse(t, keyLine(1))
	both := parse(t, keyLine(2), keyLine(1))
	second := parse(t, keyLine(2))
	old := first.Seal("outcome", "op_1", []byte("old"))
	anew := both.Seal("outcome", "op_1", []byte("new"))

	for name, tt := range map[string]struct {
		keys   *seal.Keys
		sealed []byte
		want   string
	}{"old by both": {both, old, "old"}, "new by both": {both, anew, "new"}, "new by the second": {second, anew, "new"}} {
		if got, err := tt.keys.Open("outcome", "op_1", tt.sealed); err != nil || string(got) != tt.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for name, tt := range map[string]struct {
		keys   *seal.Keys
		sealed []byte
		id     string
	}{"old by the second": {second, old, first.ID()}, "new by the first": {first, anew, second.ID()}} {
		got, err := tt.keys.Open("outcome", "op_1", tt.sealed)
		if !errors.Is(err, seal.ErrUnknownKey) || !strings.Contains(err.Error(), tt.id) || got != nil {
			t.Errorf("%s: %q, %v, want ErrUnknownKey with %s", name, got, err, tt.id)
		}
	}
	if both.ID() != second.ID() || first.ID() == second.ID() {
		t.Errorf("the ids are %s, %s and %s", first.ID(), both.ID(), second.ID())
	}
	if id, err := hex.DecodeString(both.ID()); err != nil || !bytes.Equal(id, anew[1:5]) {
		t.Errorf("the id is %s, and %x was written", both.ID(), anew[1:5])
	}
}

// FuzzOpen: nothing makes it panic, and nothing opens that was not sealed for this place.
func FuzzOpen(f *testing.F) {
	keys := parse(f, keyLine(1), keyLine(2))
	good := oldSeal(f)
	f.Add("outcome", "op_1", good)
	f.Add("outcome", "op_2", good)
	f.Add("", "", []byte(nil))
	f.Add("outcome", "op_1", good[:45])
	f.Fuzz(func(t *testing.T, purpose, id string, sealed []byte) {
		got, err := keys.Open(purpose, id, sealed)
		if err == nil && (purpose != "outcome" || id != "op_1" || !bytes.Equal(sealed, good)) {
			t.Errorf("%x opened for %q and %q: %q", sealed, purpose, id, got)
		}
		if err != nil && (got != nil || !errors.Is(err, seal.ErrDamaged) && !errors.Is(err, seal.ErrUnknownKey)) {
			t.Errorf("got %q, %v", got, err)
		}
		anew := keys.Seal(purpose, id, sealed)
		if back, err := keys.Open(purpose, id, anew); err != nil || !bytes.Equal(back, sealed) {
			t.Errorf("%x came back as %x, %v", sealed, back, err)
		}
	})
}
