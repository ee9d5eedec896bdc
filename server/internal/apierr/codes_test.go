package apierr

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// What a code becomes is a promise to callers: a change of it must be seen in review, so the tables are files.
func TestTablesAreAsWritten(t *testing.T) {
	var codes []string
	for code := range kinds {
		e := FromStripe(StripeError{HTTPStatus: 400, Type: "invalid_request_error", Code: code, Field: "field"},
			Subject{Write: true, Type: "payment", ID: "pi_1", OperationID: "op_1"})
		codes = append(codes, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", code, e.Code, ShortReason(e.Reason), e.Metadata["advice"])))
	}
	if got, want := len(codes), 167; got != want {
		t.Errorf("the table has %d codes, want %d", got, want)
	}
	compareGolden(t, "codes.golden", codes)

	var declines []string
	for code := range declineCodes {
		e := FromStripe(StripeError{HTTPStatus: 402, Type: "card_error", Code: "card_declined", DeclineCode: code}, Subject{})
		shown := e.Hidden().Metadata["advice"]
		declines = append(declines, fmt.Sprintf("%s %s %s, shown %s", code, ShortReason(e.Reason), e.Metadata["advice"], shown))
	}
	compareGolden(t, "declines.golden", declines)

	for _, code := range codesByKind[kindDecline] {
		if _, ok := paymentCodes[code]; !ok {
			t.Errorf("%s refuses a payment, and nothing says what helps", code)
		}
	}
}

func compareGolden(t *testing.T, name string, lines []string) {
	t.Helper()
	slices.Sort(lines)
	got := strings.Join(lines, "\n") + "\n"
	path := filepath.Join("testdata", name)
	if *update {
		if os.Getenv("CI") != "" {
			t.Fatal("golden files are not written in CI")
		}
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what the table says; run go test ./server/internal/apierr -update if that is meant. Got:\n%s", name, got)
	}
}
