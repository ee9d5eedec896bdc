package auth_test

import (
	"strings"
	"testing"

	"github.com/tillgate/tillgate/server/internal/auth"
)

func TestParseCallersFaults(t *testing.T) {
	good := `"name": "a", "token_sha256": ["` + digest("a") + `"], "scopes": ["PAYMENTS_READ"]`
	for _, tt := range []struct {
		name string
		file string
		want []string
	}{
		{"empty file", ``, []string{"not the JSON of a callers file"}},
		{"not JSON", `callers: []`, []string{"not the JSON of a callers file"}},
		{"a list", `[{` + good + `}]`, []string{"not the JSON of a callers file"}},
		{"a key twice", `{"callers": [{` + good + `}], "callers": [{"name": "b"}]}`, []string{`"callers" stands twice`}},
		{"a key of a caller twice", `{"callers": [{` + good + `, "scopes": ["PAYMENTS_WRITE"]}]}`, []string{`"scopes" stands twice`}},
		{"a key in another case", `{"Callers": [{` + good + `}]}`, []string{`unknown field "Callers"`}},
		{"no callers", `{"callers": []}`, []string{"nobody could call"}},
		{"something behind", `{"callers": [{` + good + `}]} x`, []string{"something behind"}},
		{"unknown field", `{"callers": [{` + good + `, "admin": true}]}`, []string{`unknown field "admin"`}},
		{"token in the clear", `{"callers": [{` + good + `, "token": "x"}]}`, []string{`unknown field "token"`}},
		{"bad date", `{"callers": [{` + good + `, "expires": "tomorrow"}]}`, []string{"not the JSON of a callers file"}},
		{
			"same name", `{"callers": [{` + good + `}, {` + strings.Replace(good, digest("a"), digest("b"), 1) + `}]}`,
			[]string{`callers[1] "a": the name is taken`},
		},
		{
			"same token", `{"callers": [{` + good + `}, {` + strings.Replace(good, `"a"`, `"b"`, 1) + `}]}`,
			[]string{`callers[1] "b": a token is also that of "a"`},
		},
		{"three tokens", `{"callers": [{"name": "a", "token_sha256": ["` + digest("a") + `", "` + digest("b") + `", "` +
			digest("c") + `"], "scopes": ["PAYMENTS_READ"]}]}`, []string{"1 or 2 digests"}},
		{
			"every fault at once", `{"callers": [{"name": "A b", "token_sha256": ["abc"], "scopes": ["ALL"]},
			{"name": "", "scopes": []}, {"name": "c", "token_sha256": ["` + digest("c") + `"], "scopes": ["UNSPECIFIED"]}]}`,
			[]string{
				`callers[0] "A b": name must`, `token_sha256[0] must`, `scope "ALL" does not exist`,
				`callers[1] "": name must`, `callers[1] "": token_sha256 must`, `callers[1] "": scopes must`,
				`callers[2] "c": scope "UNSPECIFIED" does not exist`,
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := auth.ParseCallers([]byte(tt.file))
			if err == nil {
				t.Fatal("no fault was found")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want it to say %q", err, want)
				}
			}
		})
	}
}

func TestParseCallersKeepsTokensOutOfFaults(t *testing.T) {
	_, err := auth.ParseCallers([]byte(`{"callers": [{"name": "a", "token_sha256": ["canary-token"], "scopes": ["X"]}]}`))
	if err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("got %v, want a fault that does not show what may be a token", err)
	}
}
