package proof_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"strings"
	"sync"
)

// shownLog is how much of a log a failure shows, from its end.
const shownLog = 128 << 10

// journal keeps what a process logs, over all its lives, for tests that read at the same time.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
	line []byte // the last one, while it is not whole
	// ready is called with the line that says so.
	ready func(readyLine)
}

// readyLine is what a process says once it serves.
type readyLine struct {
	Message     string `json:"msg"`
	SandboxAddr string `json:"sandbox_addr"`
}

// Write keeps what the process writes.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.text.Write(p)
	j.line = append(j.line, p...)
	for {
		line, rest, whole := bytes.Cut(j.line, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		var said readyLine
		if bytes.Contains(line, []byte(`"ready"`)) && json.Unmarshal(line, &said) == nil && said.Message == "ready" {
			j.ready(said)
		}
		j.line = rest
	}
}

// begin writes down that another life begins.
func (j *journal) begin(what string, ready func(readyLine)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.text.WriteString("--- " + what + "\n")
	j.line, j.ready = nil, ready
}

// String is the end of the log.
func (j *journal) String() string {
	text := j.all()
	if len(text) <= shownLog {
		return text
	}
	return "...\n" + text[len(text)-shownLog:]
}

func (j *journal) all() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// lines returns the log lines with a message.
func (j *journal) lines(message string) []map[string]any {
	var found []map[string]any
	scanner := bufio.NewScanner(strings.NewReader(j.all()))
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var line map[string]any
		if json.Unmarshal(scanner.Bytes(), &line) == nil && line["msg"] == message {
			found = append(found, line)
		}
	}
	return found
}
