package client_test

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tillgate/tillgate/client"
	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

type orderID string

type attempt uint8

// These keys are promised: a caller that repeats a call after it was built with another version of this package must
// send the same one, or the customer pays twice. Never change a line here.
func TestKeyStaysTheSame(t *testing.T) {
	noon := time.Date(2026, 11, 23, 12, 0, 0, 5, time.FixedZone("", 3600))
	for _, tt := range []struct {
		facts []any
		want  string
	}{
		{[]any{"order", 1001, 1}, "order:1001:1"},
		{[]any{"order", "1001", int64(1)}, "order:1001:1"},
		{[]any{orderID("order"), uint16(1001), attempt(1)}, "order:1001:1"},
		{[]any{"order-1001-attempt-1"}, "order-1001-attempt-1"},
		{[]any{"refund", "pi_3xVQ8goxTillgate3ULcpBdW", -3}, "refund:pi_3xVQ8goxTillgate3ULcpBdW:-3"},
		{[]any{"cart", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"}, "cart:3f2504e0-4f89-41d3-9a0c-0305e82c3301"},
		{[]any{"a", 1}, "a:1.----"},
		{[]any{"1234567"}, "1234567."},
		{[]any{""}, ".-------"},
		{[]any{"", ""}, ":.------"},
		{[]any{"order 7", "a:b", "v1.2"}, "order.x207:a.x3Ab:v1.x2E2"},
		{[]any{"\u00f6rder", "\x00\xff"}, ".xC3.xB6rder:.x00.xFF"},
		{[]any{"order", uint64(1234567890123456789), 1}, "order:.n1234567890123456789:1"},
		{[]any{"order", "4242-4242-4242-4242"}, "order:.n4242.x2D4242.x2D4242.x2D4242"},
		{[]any{"renewal", noon}, "renewal:2026-11-23T11.x3A00.x3A00.x2E000000005Z"},
		{[]any{"renewal", &noon}, "renewal:2026-11-23T11.x3A00.x3A00.x2E000000005Z"},
		{[]any{"every", time.Minute, time.May, big.NewInt(12)}, "every:1m0s:May:12"},
		{[]any{strings.Repeat("k", 128)}, strings.Repeat("k", 128)},
		{
			[]any{strings.Repeat("k", 129)},
			strings.Repeat("k", 74) + "._sckagt5s2dhc4qd4tmta6kagvmxpwnjoeadsf7lcs3m46hhx432q",
		},
	} {
		if got := client.Key(tt.facts...); got != tt.want {
			t.Errorf("Key(%#v) is %q, want %q", tt.facts, got, tt.want)
		} else if !validKey.MatchString(got) {
			t.Errorf("Key(%#v) is %q, which the server refuses", tt.facts, got)
		}
	}
}

// What has no text that is the same in another process gives no key, and a call that moves money is then refused.
func TestKeyRefusesWhatIsNotSteady(t *testing.T) {
	var noTime *time.Time
	for _, fact := range []any{
		nil, 1.5, true, []byte("order"),
		struct{ ID int }{1},
		new(int), noTime, (*big.Int)(nil), order(),
		[]string{"a"},
		map[string]int{},
		func() {}, make(chan int),
		[2]int{},
	} {
		if got := client.Key("order", fact, 1); got != "" {
			t.Errorf("Key with the fact %#v is %q, want none", fact, got)
		}
	}
	if got := client.Key(); got != "" {
		t.Errorf("Key of nothing is %q, want none", got)
	}
	if got := client.Key("order", paymentsv1.CaptureMethod_CAPTURE_METHOD_MANUAL); got != "order:CAPTURE_METHOD_MANUAL" {
		t.Errorf("Key with an enum is %q", got)
	}
}

// factsOf reads a key back, which proves that no two lists of facts share one. A key that ends in a hash gives no
// facts.
func factsOf(t *testing.T, key string) (facts []string, whole bool) {
	t.Helper()
	if strings.Contains(key, "._") {
		return nil, false
	}
	fact := ""
	for i := 0; i < len(key); {
		rest := key[i:]
		switch {
		case rest[0] == ':':
			facts, fact = append(facts, fact), ""
			i++
		case strings.HasPrefix(rest, ".x"):
			b, err := hex.DecodeString(rest[2:4])
			if err != nil {
				t.Fatalf("the key %q: %v", key, err)
			}
			fact += string(b)
			i += 4
		case strings.HasPrefix(rest, ".n"):
			i += 2
		case rest[0] == '.':
			if strings.Trim(rest[1:], "-") != "" || len(key) != 8 {
				t.Fatalf("the key %q is padded badly", key)
			}
			i = len(key)
		default:
			fact += rest[:1]
			i++
		}
	}
	return append(facts, fact), true
}

func checkKey(t *testing.T, facts []string) {
	t.Helper()
	args := make([]any, len(facts))
	for i, fact := range facts {
		args[i] = fact
	}
	key := client.Key(args...)
	if !validKey.MatchString(key) {
		t.Errorf("Key(%q) is %q, which the server refuses", facts, key)
	}
	if again := client.Key(args...); again != key {
		t.Errorf("Key(%q) is %q and then %q", facts, key, again)
	}
	if got, whole := factsOf(t, key); whole && !slices.Equal(got, facts) {
		t.Errorf("Key(%q) is %q, which is also the key of %q", facts, key, got)
	} else if !whole && len(key) != 128 {
		t.Errorf("Key(%q) is %q: hashed, although it is short", facts, key)
	}
	if looksLikeCard(key) {
		t.Errorf("Key(%q) is %q, which looks like the number of a card", facts, key)
	}
}

// looksLikeCard is the server's rule without its exceptions: 13 digits or more, alone or in groups with dashes or full
// stops between them, that no letter touches in front.
func looksLikeCard(key string) bool {
	for i := range len(key) {
		if i > 0 && (isLetter(key[i-1]) || isDigit(key[i-1])) {
			continue
		}
		digits := 0
		for j := i; j < len(key) && (isDigit(key[j]) || digits > 0 && strings.ContainsRune("-.", rune(key[j]))); j++ {
			if isDigit(key[j]) {
				digits++
			}
		}
		if digits >= 13 {
			return true
		}
	}
	return false
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func FuzzKey(f *testing.F) {
	f.Add("order", "1001", "1")
	f.Add("", "", "")
	f.Add("a:b", ".x41", ".n1")
	f.Add("._", ".-", ".")
	f.Add("4242424242424242", "4242-4242-4242-4242", "-4242.4242.4242.4242-")
	f.Add(strings.Repeat("\u00f6", 40), "\xff", "x")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		checkKey(t, []string{a})
		checkKey(t, []string{a, b})
		checkKey(t, []string{a, b, c})
	})
}

// Many lists of few characters, the ones that could be mixed up: no two have the same key.
func TestKeyIsInjective(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const alphabet = ":.-_xn2D3A0a\n\u00f6"
	letters := []rune(alphabet)
	seen := map[string]string{}
	for range 50_000 {
		facts := make([]string, 1+random.IntN(4))
		for i := range facts {
			text := make([]rune, random.IntN(5))
			if random.IntN(20) == 0 {
				text = make([]rune, random.IntN(160))
			}
			for j := range text {
				text[j] = letters[random.IntN(len(letters))]
			}
			facts[i] = string(text)
		}
		args := make([]any, len(facts))
		for i, fact := range facts {
			args[i] = fact
		}
		key, list := client.Key(args...), fmt.Sprintf("%q", facts)
		if other, ok := seen[key]; ok && other != list {
			t.Fatalf("%s and %s have the key %q", list, other, key)
		}
		seen[key] = list
		checkKey(t, facts)
	}
	if len(seen) < 25_000 {
		t.Errorf("only %d lists were compared", len(seen))
	}
}
