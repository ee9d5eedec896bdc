package sandbox_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain lets the heap grow: what the tests read is soon garbage, and to collect it often takes a quarter of their
// time.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
