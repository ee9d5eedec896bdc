package operation_test

import (
	"strings"
	"testing"

	"github.com/tillgate/tillgate/server/internal/operation"
)

// The names of a write follow from what identifies it, and from nothing else. The exact values are a promise: a server
// that is built anew must find its own writes at Stripe again.
func TestNames(t *testing.T) {
	names := func(scope operation.Scope, caller, method, key string) (string, string) {
		t.Helper()
		g := &fakeGateway{}
		if _, err := onStore(t, g, openStore(t), scope).Do(by(t.Context(), caller), method, request(key)); err != nil {
			t.Fatal(err)
		}
		return g.sent[0].Key, g.sent[0].OperationID
	}
	test := operation.Scope{Account: "acct_1"}
	key, id := names(test, "checkout", method, "order-1001-attempt-1")
	if key != "tg1-"+wantKey || id != "op_"+wantOperation {
		t.Errorf("the names are %s and %s, want tg1-%s and op_%s", key, id, wantKey, wantOperation)
	}
	if again, sameID := names(test, "checkout", method, "order-1001-attempt-1"); again != key || sameID != id {
		t.Error("the same write has other names the second time")
	}

	seen := map[string]string{key: "the first", id: "the first"}
	for _, tt := range []struct {
		name                string
		scope               operation.Scope
		caller, method, key string
	}{
		{"other account", operation.Scope{Account: "acct_2"}, "checkout", method, "order-1001-attempt-1"},
		{"live", operation.Scope{Account: "acct_1", Live: true}, "checkout", method, "order-1001-attempt-1"},
		{"other caller", test, "billing", method, "order-1001-attempt-1"},
		{"other method", test, "checkout", method + "2", "order-1001-attempt-1"},
		{"other key", test, "checkout", method, "order-1001-attempt-2"},
		{"a letter moved from caller to method", test, "checkou", "t" + method, "order-1001-attempt-1"},
	} {
		key, id := names(tt.scope, tt.caller, tt.method, tt.key)
		for _, name := range []string{key, id} {
			if other, taken := seen[name]; taken {
				t.Errorf("%s has the name of %s", tt.name, other)
			}
			seen[name] = tt.name
		}
		if len(key) > 255 || strings.Contains(key, tt.key) || strings.Contains(id, strings.TrimPrefix(key, "tg1-")) {
			t.Errorf("%s: the key %s is too long or shows what it is made of", tt.name, key)
		}
	}
}

// The key of a reference is not its caller's: whoever makes it, and whatever for. It is no key of a call's own either.
func TestNamesOfReferences(t *testing.T) {
	names := func(scope operation.Scope, e ensuring) (key, id string) {
		t.Helper()
		g := &fakeGateway{}
		g.answers(customer("cus_1"))
		onStore(t, g, openStore(t), scope).ensure(e).mustHaveMade(t, "cus_1")
		return g.sent[0].Key, g.sent[0].OperationID
	}
	test := operation.Scope{Account: "acct_1"}
	key, id := names(test, byShop)
	if key != "tg1-"+wantReferenceKey {
		t.Errorf("the key is %s, want tg1-%s", key, wantReferenceKey)
	}
	if again, otherID := names(test, byBilling); again != key || otherID == id {
		t.Errorf("of another caller the key is %s and the operation %s", again, otherID)
	}
	other := byShop
	other.reference = "user-4712"
	for name, seen := range map[string]struct {
		scope operation.Scope
		e     ensuring
	}{
		"other account":   {operation.Scope{Account: "acct_2"}, byShop},
		"live":            {operation.Scope{Account: "acct_1", Live: true}, byShop},
		"other reference": {test, other},
	} {
		if same, _ := names(seen.scope, seen.e); same == key {
			t.Errorf("%s: the key is the same", name)
		}
	}
	g := &fakeGateway{}
	g.answers(customer("cus_1"))
	own := byShop
	own.key = reference + "#1"
	if _, err := onStore(t, g, openStore(t), test).Do(by(t.Context(), "shop"), ensureMethod, own.request()); err != nil ||
		g.sent[0].Key == key {
		t.Errorf("a caller's own key is a reference's: %v", err)
	}
}

// Computed apart from this code: base32 of SHA-256 over the fields, each behind its length in 8 bytes.
const (
	wantKey       = "azberr7c7mddrikceukfkytdifldzpwfnz4utubkl6uojswq3eta"
	wantOperation = "ctsumwagtmcbo527ldh65tt4jkhkl4vi64rkgd6k3b556w6fm7xq"
	// wantReferenceKey is that of `user-4711#1`, without a caller.
	wantReferenceKey = "cw7izzl63cbtwlncu6drd2ujo7mr7bnemfgphwmmlb52mrbcancq"
)
