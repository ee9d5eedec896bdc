package pgcluster

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

// superuser owns every cluster.
const superuser = "tillgate"

// keep removes the directory once its standard input ends, as it does when the process that started it ends. The
// servers in it end then too, but perhaps a moment later.
const keep = `read -r order; n=0; until rm -rf "$1" || [ $n -ge 100 ]; do n=$((n+1)); sleep 0.1; done 2>/dev/null`

// home is the directory of all clusters of this process. They are copies of one, since to initialise one takes seconds.
type home struct {
	binaries, directory, password string
	credential                    *syscall.Credential
	keeper                        *exec.Cmd
	tie                           io.Closer // ends the keeper

	mu       sync.Mutex
	clusters int
}

func newHome(binaries string) (*home, error) {
	h := &home{binaries: binaries, password: rand.Text()}
	if os.Geteuid() == 0 {
		// PostgreSQL refuses to run as root.
		credential, err := nobody()
		if err != nil {
			return nil, err
		}
		h.credential = credential
	}
	// t.TempDir will not do: nobody but its owner may enter it.
	directory, err := os.MkdirTemp("", "tillgate-postgres-")
	if err != nil {
		return nil, err
	}
	h.directory = directory
	if err := h.initialise(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(directory))
	}
	return h, nil
}

func (h *home) initialise() error {
	passwords := filepath.Join(h.directory, "password")
	if err := os.WriteFile(passwords, []byte(h.password), 0o600); err != nil {
		return err
	}
	if h.credential != nil {
		for _, path := range []string{h.directory, passwords} {
			if err := os.Chown(path, int(h.credential.Uid), int(h.credential.Gid)); err != nil {
				return err
			}
		}
	}
	keeper := h.command("sh", "-c", keep, "sh", h.directory)
	tie, err := keeper.StdinPipe()
	if err != nil {
		return err
	}
	if err := keeper.Start(); err != nil {
		return fmt.Errorf("start the keeper of %s: %w", h.directory, err)
	}
	h.keeper, h.tie = keeper, tie
	// Not to sync here makes nothing less durable that a test writes later.
	out, err := h.command(filepath.Join(h.binaries, "initdb"), "--pgdata", filepath.Join(h.directory, "template"),
		"--username", superuser, "--pwfile", passwords, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C",
		"--no-sync").CombinedOutput()
	if err != nil {
		h.remove()
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

// cluster starts another cluster.
func (h *home) cluster() (*Cluster, error) {
	h.mu.Lock()
	h.clusters++
	data := filepath.Join(h.directory, strconv.Itoa(h.clusters))
	h.mu.Unlock()
	if out, err := h.command("cp", "-Rp", filepath.Join(h.directory, "template"), data).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("copy the cluster: %w\n%s", err, out)
	}
	return startCluster(h, data)
}

// remove removes all that is there.
func (h *home) remove() {
	_ = h.tie.Close()
	_ = h.keeper.Wait()
}

// command is a command run as the owner of the clusters, in a group of its own: a Ctrl-C that is for the test must not
// end a server that the test still needs. Its life is tied to its standard input, not to a context.
func (h *home) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...) //nolint:gosec,noctx // Programs of the machine's, in a test; see above.
	cmd.Dir = h.directory
	// What libpq would read from the environment is not meant for these.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: h.credential, Setpgid: true}
	return cmd
}

func nobody() (*syscall.Credential, error) {
	u, err := user.Lookup("nobody")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
