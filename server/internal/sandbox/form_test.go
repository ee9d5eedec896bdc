package sandbox

import (
	"net/url"
	"strings"
	"testing"
)

// The subject is unexported, so this file stands inside the package.

func canonicalOf(t *testing.T, raw string) string {
	t.Helper()
	n, err := decodeForm(raw)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	var b strings.Builder
	n.canonical(&b)
	return b.String()
}

func TestDecodeForm(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, raw, want string }{
		{"empty", "", `{}`},
		{"one", "a=1", `{"a":"1"}`},
		{"no value", "a&b=", `{"a":"","b":""}`},
		{"the last wins", "a=1&a=2", `{"a":"2"}`},
		{"hash", "a[b][c]=1&a[d]=2", `{"a":{"b":{"c":"1"},"d":"2"}}`},
		{"list without numbers", "a[]=x&a[]=y", `{"a":{"0":"x","1":"y"}}`},
		{"list with numbers", "a[1]=y&a[0]=x", `{"a":{"0":"x","1":"y"}}`},
		{"list with gaps", "a[7]=y&a[3]=x", `{"a":{"3":"x","7":"y"}}`},
		{"both forms", "a[0]=x&a[]=y", `{"a":{"0":"x","1":"y"}}`},
		{"hashes in a list", "a[][b]=1&a[][c]=2&a[][b]=3", `{"a":{"0":{"b":"1","c":"2"},"1":{"b":"3"}}}`},
		{"numbered hashes", "items[0][price]=p&items[0][quantity]=2", `{"items":{"0":{"price":"p","quantity":"2"}}}`},
		{"escaped", "a%5Bb%5D=1%262+3", `{"a":{"b":"1&2 3"}}`},
		{"broken brackets", "a[b=1&[c]=2&a]=3&d[e]f=4", `{"[c]":"2","a[b":"1","a]":"3","d[e]f":"4"}`},
		{"an equals sign in the value", "a=b=c", `{"a":"b=c"}`},
		{"empty pairs", "&&a=1&", `{"a":"1"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := canonicalOf(t, tt.raw); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// FuzzDecodeForm: no input breaks the decoder, and what it decoded decodes to the same when it is written out again.
func FuzzDecodeForm(f *testing.F) {
	for _, seed := range []string{
		"", "a=1", "a[b]=1&a[c]=2", "a[]=1&a[]=2", "a[][b]=1&a[][b]=2", "a[b][]=%20&a[b][]=+", "a[b=1", "[]=1", "a[]]=1",
		"a=1&a[b]=2", "%zz=1", "a[][][]=1", strings.Repeat("[a]", 40),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		n, err := decodeForm(raw)
		if err != nil {
			return
		}
		var want strings.Builder
		n.canonical(&want)
		var pairs []string
		write(n, "", &pairs)
		again, err := decodeForm(strings.Join(pairs, "&"))
		if err != nil {
			t.Fatalf("%q was decoded, but not %q: %v", raw, pairs, err)
		}
		var got strings.Builder
		again.canonical(&got)
		if got.String() != want.String() {
			t.Fatalf("%q gave %s, and again %s", raw, want.String(), got.String())
		}
	})
}

func write(n *node, name string, pairs *[]string) {
	if n.isText() {
		*pairs = append(*pairs, url.QueryEscape(name)+"="+url.QueryEscape(n.text))
		return
	}
	for _, kid := range n.names {
		path := kid
		if name != "" {
			path = name + "[" + kid + "]"
		}
		write(n.kids[kid], path, pairs)
	}
}
