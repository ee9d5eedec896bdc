package proof_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

// longWait is how long a test waits for what takes milliseconds, on a machine that is busy.
const longWait = 30 * time.Second

var errNotReady = errors.New("the process ended before it was ready")

// process is the program, run as often as a test wants. What all its lives log is kept, and shown if the test fails.
type process struct {
	name, program string
	arguments     []string
	environment   map[string]string
	log           *journal

	mu     sync.Mutex
	life   *exec.Cmd     // nil before the first one
	ended  chan struct{} // closed when it is over
	status *os.ProcessState
}

func newProcess(t *testing.T, name string, environment map[string]string, arguments ...string) *process {
	t.Helper()
	p := &process{
		name: name, program: serverBinary(t), arguments: arguments, environment: environment, log: &journal{},
		ended: make(chan struct{}),
	}
	close(p.ended)
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("the log of %s:\n%s", name, p.log)
		}
	})
	return p
}

// launch starts the program, with more in its environment for this life, and waits until it is ready. It may not become
// so: errNotReady.
func (p *process) launch(more map[string]string) (readyLine, error) {
	ready := make(chan readyLine, 1)
	p.log.begin(fmt.Sprintf("%s starts %v", p.name, more), func(line readyLine) { ready <- line })
	cmd := exec.Command(p.program, p.arguments...) //nolint:noctx // Its life is what the test is about.
	cmd.Env = environment(p.environment, more)
	cmd.Stderr = p.log
	cmd.SysProcAttr = tied()
	if err := cmd.Start(); err != nil {
		return readyLine{}, err
	}
	ended := make(chan struct{})
	p.mu.Lock()
	p.life, p.ended = cmd, ended
	p.mu.Unlock()
	go func() {
		_ = cmd.Wait() // How it ended stands in its state.
		p.mu.Lock()
		p.status = cmd.ProcessState
		p.mu.Unlock()
		close(ended)
	}()
	select {
	case line := <-ready:
		return line, nil
	case <-ended:
		return readyLine{}, errNotReady
	case <-time.After(longWait):
		p.kill()
		return readyLine{}, fmt.Errorf("%s did not become ready", p.name)
	}
}

// environment is that of a process: nothing of ours but what every program needs.
func environment(of ...map[string]string) []string {
	all := map[string]string{"PATH": os.Getenv("PATH"), "TMPDIR": os.TempDir()}
	for _, variables := range of {
		maps.Copy(all, variables)
	}
	list := make([]string, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, name+"="+all[name])
	}
	return list
}

// kill ends the process as a power cut does, and waits until it has ended. It may have ended before.
func (p *process) kill() {
	p.mu.Lock()
	life, ended := p.life, p.ended
	p.mu.Unlock()
	if life != nil {
		_ = life.Process.Signal(syscall.SIGKILL)
	}
	<-ended
}

// signal sends one to the process.
func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.life.Process.Signal(s); err != nil {
		t.Fatalf("%v to %s: %v", s, p.name, err)
	}
}

// over is closed when the process has ended.
func (p *process) over() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended
}

// killed is whether the process has ended by SIGKILL, as it does at a crash point.
func (p *process) killed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.status == nil {
		return false
	}
	state, ok := p.status.Sys().(syscall.WaitStatus)
	return ok && state.Signaled() && state.Signal() == syscall.SIGKILL
}

// crashes waits until the process has ended by itself, at the crash point that it was started with.
func (p *process) crashes(t *testing.T) {
	t.Helper()
	select {
	case <-p.over():
	case <-time.After(longWait):
		t.Fatalf("%s did not crash", p.name)
	}
	if !p.killed() {
		t.Fatalf("%s ended with %v, not at its crash point", p.name, p.status)
	}
}
