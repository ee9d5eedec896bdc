package proof_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/tillgate/tillgate/server/internal/operation"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// machine is one process of the service: the runner, its way to Stripe, and recovery. It can end at any meeting with the
// store or with Stripe, before or after, and can stand still for any time.
type machine struct {
	h      *history
	name   string
	runner *operation.Runner
	cancel context.CancelFunc
	ended  chan struct{} // closed when recovery has ended

	// These are under the history's lock.
	dead  bool
	fuse  int       // at how many points from now it ends; 0 for never
	until time.Time // when it stops standing still
}

// start starts a machine.
func (h *history) start() {
	h.all++
	m := &machine{h: h, name: fmt.Sprintf("m%d", h.all), ended: make(chan struct{})}
	key, err := stripegw.ParseKey("sk_test_simulation")
	if err != nil {
		h.t.Fatal(err)
	}
	gateway, err := stripegw.New(stripegw.Config{
		URL: "http://stripe.test", Key: key, Transport: simTransport{m}, Logger: slog.New(slog.DiscardHandler),
		Random: func() float64 { return h.dice("jitter " + m.name) },
	})
	if err != nil {
		h.t.Fatal(err)
	}
	m.runner = operation.New(operation.Config{
		Gateway: simGateway{gateway, m}, Store: &simStore{h.store, m}, Keys: h.keys,
		Scope: operation.Scope{Account: simAccount}, ResendWindow: h.window, Logger: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(context.Background())
	m.cancel = cancel
	h.machines = append(h.machines, m)
	h.note("%s starts", m.name)
	go func() {
		defer close(m.ended)
		m.runner.Recover(ctx, func() {})
	}()
}

// end ends the machine as a power cut does: none of its goroutines comes past the next point.
func (m *machine) end() {
	m.h.mu.Lock()
	m.endLocked("from outside")
	m.h.mu.Unlock()
}

func (m *machine) endLocked(where string) {
	if m.dead {
		return
	}
	m.dead = true
	m.h.counts.Crashes++
	m.h.noteLocked("%s ends at %s", m.name, where)
	m.cancel()
}

// point is a place at which a machine takes time, stands still, or ends. It says whether the machine still lives.
func (m *machine) point(where string) bool {
	<-time.After(m.h.latency(m.name + where))
	for {
		wait, alive := m.pass(where)
		if wait <= 0 {
			return alive
		}
		awake := m.h.during()
		<-time.After(wait + m.h.latency(m.name+where))
		awake()
	}
}

func (m *machine) pass(where string) (wait time.Duration, alive bool) {
	m.h.mu.Lock()
	defer m.h.mu.Unlock()
	if m.dead {
		return 0, false
	}
	if wait := time.Until(m.until); wait > 0 {
		return wait, true
	}
	if m.fuse > 0 {
		if m.fuse--; m.fuse == 0 {
			m.endLocked(where)
			return 0, false
		}
	}
	return 0, true
}

// mustPass ends the goroutine that comes to a point of a machine that is no more.
func (m *machine) mustPass(where string) {
	if !m.point(where) {
		runtime.Goexit()
	}
}

// alive are the machines that have not ended. Those that have are forgotten.
func (h *history) alive() []*machine {
	h.mu.Lock()
	defer h.mu.Unlock()
	alive := h.machines[:0]
	for _, m := range h.machines {
		if !m.dead {
			alive = append(alive, m)
		}
	}
	h.machines = alive
	return alive
}
