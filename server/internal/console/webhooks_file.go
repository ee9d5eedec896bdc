package console

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/tillgate/tillgate/server/internal/stripegw"
	"github.com/tillgate/tillgate/server/internal/webhook"
)

// secretsFile is the file of --webhook-secrets-file, as its operator and we keep it. Each secret of ours stands under a
// comment that names its endpoint: Stripe does not say which secret is whose.
type secretsFile struct {
	// path is empty where there is no file, and secrets are printed.
	path  string
	lines []string
	mode  fs.FileMode
	// uid and gid are -1 for our own.
	uid, gid int
}

// endpointComment is that above a secret.
var endpointComment = regexp.MustCompile(`^#\s*(we_\w+)\b`)

// openSecrets reads the file, and makes sure that one more secret will do, before there is one.
func openSecrets(path string, mayBeNew bool) (*secretsFile, error) {
	f := &secretsFile{mode: 0o600, uid: -1, gid: -1}
	if path == "" {
		return f, nil
	}
	f.path = path
	data, err := f.read()
	switch {
	case errors.Is(err, fs.ErrNotExist) && mayBeNew:
	case err != nil:
		return nil, fmt.Errorf("--secrets-file: %w", err)
	default:
		f.lines = strings.SplitAfter(string(data), "\n")
	}
	trial := *f
	trial.add(stripegw.WebhookEndpoint{ID: "we_1", Secret: "whsec_" + strings.Repeat("trial", 7)})
	if _, err := webhook.ParseSecrets([]byte(trial.text()), time.Now()); err != nil {
		return nil, fmt.Errorf("--secrets-file: %w", err)
	}
	return f, f.probe()
}

func (f *secretsFile) read() ([]byte, error) {
	if target, err := filepath.EvalSymlinks(f.path); err == nil {
		f.path = target // it is the file that is replaced, and not a link to it
	}
	info, err := os.Stat(f.path)
	if err != nil {
		return nil, err
	}
	f.mode = info.Mode().Perm()
	if owner, ok := info.Sys().(*syscall.Stat_t); ok {
		f.uid, f.gid = int(owner.Uid), int(owner.Gid)
	}
	return os.ReadFile(f.path)
}

// probe makes a file where the new one will be made, so that it is known beforehand whether that can be.
func (f *secretsFile) probe() error {
	trial, err := os.CreateTemp(filepath.Dir(f.path), ".webhook-secrets-*")
	if err != nil {
		return fmt.Errorf("--secrets-file: %w", err)
	}
	return errors.Join(trial.Close(), os.Remove(trial.Name()))
}

// add puts the secret of an endpoint at the end.
func (f *secretsFile) add(e stripegw.WebhookEndpoint) {
	text := f.text()
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	text += fmt.Sprintf("# %s %s, made %s\n%s\n", e.ID, e.URL, untilText(e.CreateTime), e.Secret)
	f.lines = strings.SplitAfter(text, "\n")
}

// retire writes behind the secret of an endpoint until when it is good, and takes out those that are not any more. It says
// whether the endpoint has one: that under the comment with its id, or else the only one without a comment and an end.
func (f *secretsFile) retire(id string, until, now time.Time) (bool, error) {
	owner, comment, own := "", -1, -1
	var unnamed []int
	var kept []string
	for _, line := range f.lines {
		text := strings.TrimSpace(line)
		if text == "" || text[0] == '#' {
			if match := endpointComment.FindStringSubmatch(text); match != nil {
				owner, comment = match[1], len(kept)
			}
			kept = append(kept, line)
			continue
		}
		_, end, ends := strings.Cut(text, " ")
		at, err := time.Parse(time.RFC3339, strings.TrimSpace(end))
		switch {
		case err == nil && !at.After(now):
			if owner != "" {
				kept = slices.Delete(kept, comment, comment+1)
			}
			owner = ""
			continue
		case ends:
		case owner == id:
			own = len(kept)
		case owner == "":
			unnamed = append(unnamed, len(kept))
		}
		kept = append(kept, line)
		owner = ""
	}
	f.lines = kept
	switch {
	case own >= 0:
	case len(unnamed) == 1:
		own = unnamed[0]
	case len(unnamed) > 1:
		return false, fmt.Errorf("--secrets-file: which of its secrets is that of %s? Put a line above it: # %[1]s", id)
	default:
		return false, nil
	}
	f.lines[own] = strings.TrimSpace(f.lines[own]) + " " + untilText(until) + "\n"
	return true, nil
}

func (f *secretsFile) text() string { return strings.Join(f.lines, "") }

// write replaces the file at once, so that no server reads half of it. Mode and owner stay.
func (f *secretsFile) write() (err error) {
	made, err := os.CreateTemp(filepath.Dir(f.path), ".webhook-secrets-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(made.Name())
		}
	}()
	_, err = made.Write(bytes.TrimLeft([]byte(f.text()), "\n"))
	if err == nil {
		err = made.Chmod(f.mode)
	}
	if err == nil && f.uid >= 0 && (f.uid != os.Geteuid() || f.gid != os.Getegid()) {
		err = made.Chown(f.uid, f.gid)
	}
	if err == nil {
		err = made.Sync()
	}
	if err = errors.Join(err, made.Close()); err != nil {
		return err
	}
	return os.Rename(made.Name(), f.path)
}
