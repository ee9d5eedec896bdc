package stripegw_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/tillgate/tillgate/server/internal/stripegw"
)

func TestNewReportsEveryFault(t *testing.T) {
	_, err := stripegw.New(stripegw.Config{URL: "ftp://example.com", SendTimeout: -1})
	for _, want := range []string{"URL", "key", "timeout", "logger"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error %q says nothing of the %s", err, want)
		}
	}
}

func TestNewChecksURL(t *testing.T) {
	const live = "sk_live_" + canary
	for _, tt := range []struct {
		url, key string
		ok       bool
	}{
		{"", testKey, true},
		{"https://api.stripe.com", live, true},
		{"https://api.stripe.com/", testKey, true},
		{"http://127.0.0.1:12111", testKey, true},
		{"http://127.0.0.1:12111", live, false},
		{"http://api.stripe.com", live, false},
		{"api.stripe.com", testKey, false},
		{"https://" + canary + ":pw@api.stripe.com", testKey, false},
		{"https://api.stripe.com/v1", testKey, false},
		{"https://api.stripe.com?a=b", testKey, false},
		{"https://api.stripe.com:port", testKey, false},
		{"https://", testKey, false},
		{"://" + canary, testKey, false},
	} {
		g, err := stripegw.New(stripegw.Config{URL: tt.url, Key: parseKey(t, tt.key), Logger: slog.New(slog.DiscardHandler)})
		if (err == nil) != tt.ok || (g != nil) != tt.ok {
			t.Errorf("%s: the error is %v", tt.url, err)
		}
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("the error shows a secret: %v", err)
		}
	}
}

func TestParseKey(t *testing.T) {
	for _, tt := range []struct {
		text     string
		ok, live bool
	}{
		{testKey, true, false},
		{" " + testKey + "\n", true, false},
		{"rk_test_abc", true, false},
		{"sk_live_abc", true, true},
		{"rk_live_abc", true, true},
		{"", false, false},
		{"\n", false, false},
		{"pk_live_" + canary, false, false},
		{"whsec_" + canary, false, false},
		{"sk_test_", false, false},
		{"sk_test_" + canary + " sk_test_2", false, false},
		{"sk_test_" + canary + "\r\nX: y", false, false},
	} {
		key, err := stripegw.ParseKey(tt.text)
		if (err == nil) != tt.ok || key.Live() != tt.live || key.IsZero() == tt.ok {
			t.Errorf("%q: live %t, zero %t, %v", tt.text, key.Live(), key.IsZero(), err)
		}
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
}

// TestKeyIsNeverPrinted, however hard one tries.
func TestKeyIsNeverPrinted(t *testing.T) {
	key := parseKey(t, "sk_live_"+canary)
	hidden := struct{ key stripegw.Key }{key}
	var text strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%w", "%y"} {
		fmt.Fprintf(&text, verb+" "+verb+" "+verb+"\n", key, &key, hidden)
	}
	data, err := json.Marshal(map[string]any{"key": key, "hidden": hidden})
	text.Write(data)
	for _, handler := range []slog.Handler{slog.NewTextHandler(&text, nil), slog.NewJSONHandler(&text, nil)} {
		slog.New(handler).Info("a key", "key", key, "hidden", hidden, "config", stripegw.Config{Key: key})
	}
	fmt.Fprint(&text, errors.Join(err, fmt.Errorf("with %v", key)))
	// %x prints in hexadecimal what it takes for a string.
	if s := text.String(); strings.Contains(s, canary) || strings.Contains(strings.ToLower(s), fmt.Sprintf("%x", canary)) {
		t.Errorf("the key is seen:\n%s", s)
	}
}

// TestExchangeIsNotPrinted: requests, answers and outcomes hold personal data.
func TestExchangeIsNotPrinted(t *testing.T) {
	var text strings.Builder
	logger := slog.New(slog.NewJSONHandler(&text, nil))
	for _, v := range []any{
		stripegw.Request{Method: "POST", Path: "/v1/payment_intents", Form: "description=" + canary},
		stripegw.Answer{Status: 200, Body: []byte(canary)},
		stripegw.Outcome{ClientSecret: canary},
	} {
		fmt.Fprintf(&text, "%v %+v %#v %s\n", v, v, v, v)
		logger.Info("an exchange", "value", v)
	}
	if strings.Contains(text.String(), canary) {
		t.Errorf("data is seen:\n%s", &text)
	}
}
