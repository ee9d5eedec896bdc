package eventlog

import (
	"testing"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

func keyOf(t *testing.T) tokenKey {
	t.Helper()
	text, err := newTokenKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := parseTokenKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// A token is good for the filter and the caller that it was made for, in the store whose key it has; the order of a filter
// does not matter.
func TestTokenBinding(t *testing.T) {
	key, epoch := keyOf(t), sumEpoch("first")
	filter := &paymentsv1.EventFilter{ObjectIds: []string{"pi_1", "pi_2"}}
	binding := bindToken(filter, "shop")
	token := key.encode(epoch, 42, &binding)
	for _, tt := range []struct {
		name    string
		key     tokenKey
		binding tokenBinding
		text    string
		good    bool
	}{
		{"itself", key, binding, token, true},
		{"same filter in another order", key, bindToken(&paymentsv1.EventFilter{ObjectIds: []string{"pi_2", "pi_1"}}, "shop"), token, true},
		{"another caller", key, bindToken(filter, "billing"), token, false},
		{"another filter", key, bindToken(&paymentsv1.EventFilter{ObjectIds: []string{"pi_1"}}, "shop"), token, false},
		{"no filter", key, bindToken(nil, "shop"), token, false},
		{"another cluster", keyOf(t), binding, token, false},
		{"empty", key, binding, "", false},
		{"cut", key, binding, token[:len(token)-1], false},
		{"longer", key, binding, token + "A", false},
		{"no base64", key, binding, "!" + token[1:], false},
		{"line end", key, binding, token[:len(token)-1] + "\n", false},
	} {
		got, position, err := tt.key.decode(tt.text, &tt.binding)
		if (err == nil) != tt.good || (tt.good && (position != 42 || got != epoch)) {
			t.Errorf("%s: %v %d %v, want good = %v", tt.name, got, position, err, tt.good)
		}
	}
	empty, none := bindToken(&paymentsv1.EventFilter{}, "shop"), bindToken(nil, "shop")
	if empty != none {
		t.Error("an empty filter is not none")
	}
}

// No bit of a token can be changed.
func TestE07_TokenBits(t *testing.T) {
	key, binding := keyOf(t), bindToken(nil, "shop")
	raw, err := tokenEncoding.DecodeString(key.encode(sumEpoch("first"), 42, &binding))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 * len(raw) {
		raw[i/8] ^= 1 << (i % 8)
		if _, position, err := key.decode(tokenEncoding.EncodeToString(raw), &binding); err == nil {
			t.Errorf("with bit %d changed it is good, for position %d", i, position)
		}
		raw[i/8] ^= 1 << (i % 8)
	}
}

func FuzzDecodeToken(f *testing.F) {
	key, binding := tokenKey(make([]byte, 32)), bindToken(nil, "shop")
	f.Add(key.encode(sumEpoch("first"), 42, &binding))
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		epoch, position, err := key.decode(text, &binding)
		if err == nil && key.encode(epoch, position, &binding) != text {
			t.Errorf("%q was taken for another token", text)
		}
	})
}
