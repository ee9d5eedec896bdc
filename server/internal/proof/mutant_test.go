package proof_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// mutant is a guard of the money path, taken out. Tests of the package must see that it is gone.
type mutant struct {
	// name is what the guard is for.
	name string
	// file is below server/internal; old stands there once, and new in its place is the code without the guard.
	file, old, new string
	// also are further places of the same guard.
	also []change
	// run is which tests must fail, in the package of the file or, where it is named, in another one; args are theirs.
	run, in string
	args    []string
}

// change is one place of a mutant.
type change struct{ file, old, new string }

func (m mutant) changes() []change {
	return append([]change{{m.file, m.old, m.new}}, m.also...)
}

// maxMutants is how many are tested at once, each of them a compilation.
const maxMutants = 2

// mutantTimeout bounds the tests of one mutant. That they do not end kills none.
const mutantTimeout = 4 * time.Minute

func mutants() []mutant {
	var all []mutant
	for _, more := range [][]mutant{
		storeMutants, postgresMutants, operationMutants, stripeMutants, serviceMutants, referenceMutants, billingMutants,
	} {
		all = append(all, more...)
	}
	return all
}

// F15: the suite is not decorative. Each guard is taken out, one at a time, and a test must turn red. The small size
// takes out one, and sees that the others are still where the table says.
func TestF15_GuardMutants(t *testing.T) {
	t.Parallel()
	root := moduleRoot(t)
	all := mutants()
	if len(all) < 40 {
		t.Errorf("there are %d mutants", len(all))
	}
	slots := make(chan struct{}, maxMutants)
	for i, m := range all {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			overlay := m.overlay(t, root)
			if !*full && i > 0 {
				return
			}
			slots <- struct{}{}
			defer func() { <-slots }()
			m.mustDie(t, root, overlay)
		})
	}
}

func moduleRoot(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// overlay writes the mutated files beside the tree, which is never touched, and tells the compiler of them.
func (m mutant) overlay(t *testing.T, root string) string {
	t.Helper()
	dir := t.TempDir()
	replaced := map[string]string{}
	for i, c := range m.changes() {
		path := filepath.Join(root, "server", "internal", filepath.FromSlash(c.file))
		from := path
		if earlier := replaced[path]; earlier != "" {
			from = earlier
		}
		source, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(source), c.old); n != 1 {
			t.Fatalf("%s has this %d times, not once:\n%s", c.file, n, c.old)
		}
		to := filepath.Join(dir, strconv.Itoa(i)+filepath.Ext(path))
		if err := os.WriteFile(to, []byte(strings.Replace(string(source), c.old, c.new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		replaced[path] = to
	}
	data, err := json.Marshal(map[string]any{"Replace": replaced})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var (
	failedTest = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)
	notBuilt   = regexp.MustCompile(`(?m)\[(build|setup) failed\]|^no required module|no tests to run`)
)

// mustDie runs the tests of the mutant. That it can not be compiled kills no mutant.
func (m mutant) mustDie(t *testing.T, root, overlay string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*mutantTimeout)
	defer cancel()
	in := m.in
	if in == "" {
		in = filepath.ToSlash(filepath.Dir(m.file))
	}
	// The tests of package store know those of the schema by their folder.
	in, _, _ = strings.Cut(in, "/")
	args := append([]string{
		"test", "-overlay", overlay, "-vet=off", "-count=1", "-failfast", "-timeout", mutantTimeout.String(), "-run", m.run,
		"./server/internal/" + in,
	}, m.args...)
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = root
	output, err := command.CombinedOutput()
	killer := failedTest.FindStringSubmatch(string(output))
	switch {
	case notBuilt.Match(output):
		t.Errorf("it was not tested:\n%s", tail(output))
	case err == nil:
		t.Errorf("it survives: go %s", strings.Join(args, " "))
	case killer != nil:
		t.Logf("killed by %s", killer[1])
	case strings.Contains(string(output), "panic: ") && !strings.Contains(string(output), "panic: test timed out"):
		t.Logf("killed by %s, which ends in a panic", m.run)
	default:
		t.Errorf("%v:\n%s", err, tail(output))
	}
}

func tail(output []byte) string {
	const most = 4000
	return string(output[max(0, len(output)-most):])
}
