package client_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// process is ../server, run as the README runs it, with a sandbox in place of Stripe.
type process struct {
	target     string
	sandboxURL string

	cmd *exec.Cmd
	dir string
}

// server is built and started by the first test that asks for it, for all of them.
var server = sync.OnceValues(startServer)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := stopServer(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// sandbox returns the address of the server, for the examples.
func sandbox() string {
	p, err := server()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return ""
	}
	return p.target
}

var started *process

func startServer() (p *process, err error) {
	dir, err := os.MkdirTemp("", "tillgate")
	if err != nil {
		return nil, err
	}
	p = &process{dir: dir}
	started = p
	binary := filepath.Join(dir, "server")
	// What a debugger needs is left out: to link it takes as long again.
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", binary, "../server") //nolint:noctx // it serves all tests
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build ../server: %w\n%s", err, out)
	}
	p.cmd = exec.Command(binary, "--sandbox") //nolint:noctx // TestMain stops it
	p.cmd.Env = environment()
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	kill := time.AfterFunc(time.Minute, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	log := bufio.NewReader(stderr)
	var before strings.Builder
	for p.target == "" {
		text, err := log.ReadBytes('\n')
		if err != nil {
			return nil, fmt.Errorf("the server is not ready: %w\n%s", err, before.String())
		}
		before.Write(text)
		var line struct {
			Msg     string `json:"msg"`
			GRPC    string `json:"grpc_addr"`
			Sandbox string `json:"sandbox_addr"`
		}
		if json.Unmarshal(text, &line) == nil && line.Msg == "ready" {
			p.target, p.sandboxURL = line.GRPC, "http://"+line.Sandbox
		}
	}
	go func() { _, _ = io.Copy(io.Discard, log) }()
	return p, nil
}

// environment is that of the tests, without what it may say of another Tillgate.
func environment() []string {
	env := []string{
		"TILLGATE_GRPC_ADDR=127.0.0.1:0", "TILLGATE_SANDBOX_ADDR=127.0.0.1:0", "TILLGATE_OPS_ADDR=127.0.0.1:0",
		"TILLGATE_WEBHOOK_ADDR=127.0.0.1:0",
	}
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "TILLGATE_") {
			env = append(env, pair)
		}
	}
	return env
}

// stopServer ends the server by a signal, where it was started, and wants it to end well.
func stopServer() error {
	if started == nil {
		return nil
	}
	defer func() { _ = os.RemoveAll(started.dir) }()
	if started.cmd == nil || started.cmd.Process == nil {
		return nil
	}
	if err := started.cmd.Process.Signal(os.Interrupt); err != nil {
		return fmt.Errorf("stop the server: %w", err)
	}
	kill := time.AfterFunc(time.Minute, func() { _ = started.cmd.Process.Kill() })
	defer kill.Stop()
	if err := started.cmd.Wait(); err != nil {
		return fmt.Errorf("the server ended with %w", err)
	}
	return nil
}
