package pgcluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// serve runs a server until its standard input ends, and then kills it as a crash would. A server is tied to the test
// process like that, not by a signal at its parent's death, since that signal follows a thread and not every system has
// it.
const serve = `pidfile=$1; shift; "$@" & pid=$!; read -r order; kill -QUIT $pid; wait $pid; rm -f "$pidfile"`

// patience is how long a server may take to start.
const patience = 20 * time.Second

var errPortTaken = errors.New("the port is taken")

// Cluster is one PostgreSQL server and what it keeps.
type Cluster struct {
	home  *home
	data  string
	port  int
	tests databases

	server *exec.Cmd
	tie    io.Closer // ends the server
}

// startCluster starts a server on a directory, on any port.
func startCluster(h *home, data string) (*Cluster, error) {
	c := &Cluster{home: h, data: data}
	for range 3 {
		// Between this and the server's start, somebody else may take the port.
		listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		c.port = listener.Addr().(*net.TCPAddr).Port
		if err := listener.Close(); err != nil {
			return nil, err
		}
		if err := c.start(); !errors.Is(err, errPortTaken) {
			return c, err
		}
	}
	return nil, errPortTaken
}

// URL is the URL of a database in the cluster, with the right to do anything there.
func (c *Cluster) URL() string {
	return c.databaseURL("postgres")
}

func (c *Cluster) databaseURL(name string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(superuser, c.home.password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)), Path: "/" + name, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Stop ends the server at once, as a crash would. What was committed is there after Start.
func (c *Cluster) Stop() {
	c.halt()
}

// Start starts the server again, on the same port, and waits until it answers.
func (c *Cluster) Start() error {
	if c.server != nil {
		return nil
	}
	return c.start()
}

func (c *Cluster) start() error {
	logged, err := os.Create(c.data + ".log")
	if err != nil {
		return err
	}
	defer logged.Close() //nolint:errcheck // The server has its own handle.
	cmd := c.home.command("sh", "-c", serve, "sh", filepath.Join(c.data, "postmaster.pid"),
		filepath.Join(c.home.binaries, "postgres"), "-D", c.data, "-k", c.home.directory, "-p", strconv.Itoa(c.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200")
	cmd.Stdout, cmd.Stderr = logged, logged
	tie, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	c.server, c.tie = cmd, tie
	if err := c.ready(logged.Name()); err != nil {
		c.halt()
		return err
	}
	return nil
}

// ready waits until the server answers.
func (c *Cluster) ready(log string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		conn, err := pgx.Connect(ctx, c.URL())
		if err == nil {
			return conn.Close(ctx)
		}
		said, readErr := os.ReadFile(log) //nolint:gosec // It is the server's own.
		if readErr == nil && bytes.Contains(said, []byte("could not create any TCP/IP sockets")) {
			return errPortTaken
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not answer: %w\n%s", err, said)
		case <-poll.C:
		}
	}
}

func (c *Cluster) halt() {
	if c.server == nil {
		return
	}
	_ = c.tie.Close()
	_ = c.server.Wait()
	c.server = nil
}

// discard ends the server and removes what it kept.
func (c *Cluster) discard() {
	c.halt()
	_ = os.RemoveAll(c.data)
	_ = os.Remove(c.data + ".log")
}
