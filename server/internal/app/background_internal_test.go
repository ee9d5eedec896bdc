package app

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A part that does not end is not waited for without an end, and whoever stops it hears of it.
func TestBackgroundThatDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := make(chan struct{})
		b := startBackground(t.Context(), func(context.Context) { <-let }, func(ctx context.Context) { <-ctx.Done() })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if b.stop(ctx) {
			t.Error("all has ended, it says")
		}
		began := time.Now()
		b.stopSoon(ctx)
		if took := time.Since(began); took != partsGrace {
			t.Errorf("it took %v, want %v", took, partsGrace)
		}
		close(let)
		if !b.stop(t.Context()) {
			t.Error("not all has ended, it says")
		}
	})
}

// A stop that leaves something running does not say that it was clean.
func TestStopSaysWhatStillRuns(t *testing.T) {
	for _, runs := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			let := make(chan struct{})
			part := func(ctx context.Context) { <-ctx.Done() }
			if runs {
				part = func(context.Context) { <-let }
			}
			var log bytes.Buffer
			d := draining{
				recovery: startBackground(t.Context()), telling: startBackground(t.Context(), part),
				logger: slog.New(slog.NewTextHandler(&log, nil)),
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			d.end(ctx)
			clean, warned := strings.Contains(log.String(), "msg=stopped\n"), strings.Contains(log.String(), "level=WARN")
			if clean == runs || warned != runs || runs && !strings.Contains(log.String(), "events_or_reloads_run=true") {
				t.Errorf("while something runs is %v: %s", runs, log.String())
			}
			close(let)
		})
	}
}
