package proof_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// root is the module's directory, seen from here.
const root = "../../.."

var built struct {
	mu        sync.Mutex
	directory string
}

// serverBinary builds the program itself, once for all tests.
func serverBinary(t *testing.T) string {
	t.Helper()
	built.mu.Lock()
	defer built.mu.Unlock()
	if built.directory == "" {
		directory, err := buildBinary()
		if err != nil {
			t.Fatal(err)
		}
		built.directory = directory
	}
	return filepath.Join(built.directory, "server")
}

func buildBinary() (directory string, err error) {
	// It outlives the test that needs it first.
	directory, err = os.MkdirTemp("", "tillgate-proof-")
	if err != nil {
		return "", err
	}
	// What a debugger needs is left out: to link it takes as long again.
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", directory, "./server") //nolint:noctx // It serves all.
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		_ = os.RemoveAll(directory)
		return "", fmt.Errorf("build the server: %w\n%s", err, out)
	}
	return directory, nil
}

func removeBinary() {
	if built.directory != "" {
		_ = os.RemoveAll(built.directory)
	}
}
