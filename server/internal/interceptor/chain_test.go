package interceptor

import (
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The order is a promise; chain says why each link stands where it stands. Unary and stream come from the one list.
func TestChainOrder(t *testing.T) {
	want := []string{
		"requestid", "logging", "errors", "recovery", "auth", "hold", "declines", "malformed", "cardnumbers", "validation",
	}
	var got []string
	for _, l := range chain(Config{Logger: slog.New(slog.DiscardHandler), Now: time.Now}) {
		got = append(got, l.name)
		if l.unary == nil || l.stream == nil {
			t.Errorf("%s is missing in one of the two chains", l.name)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the chain is in another order (-want +got):\n%s", diff)
	}
}
