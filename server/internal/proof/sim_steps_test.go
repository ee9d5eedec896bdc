package proof_test

import (
	"context"
	"encoding/json"
	"time"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// steps are what can happen next, each with how often it does, in parts of all.
var steps = []struct {
	name   string
	weight int
	do     func(h *history)
}{
	{"call", 26, func(h *history) { h.someCall(h.newIntent(), 0, patience{}) }},
	{"call again", 10, func(h *history) { h.again(0, patience{}) }},
	{"call with another request", 3, func(h *history) { h.again(1, patience{}) }},
	{"the key of another caller", 3, (*history).sameKey},
	{"many calls", 6, (*history).manyCalls},
	{"a caller leaves", 5, func(h *history) {
		h.someCall(h.newIntent(), 0, patience{leave: time.Duration(h.random.IntN(int(3 * time.Second)))})
	}},
	{"a short deadline", 5, func(h *history) {
		h.someCall(h.newIntent(), 0, patience{deadline: time.Duration(h.random.IntN(int(4 * time.Second)))})
	}},
	{"crash", 8, (*history).crash},
	{"stop", 2, (*history).drain},
	{"start", 5, func(h *history) {
		if len(h.alive()) < 2 {
			h.start()
		}
	}},
	{"stand still", 5, (*history).freeze},
	{"everything stands still", 1, (*history).freezeAll},
	{"nobody is there", 1, (*history).outage},
	{"seconds", 8, func(h *history) { h.pass(time.Duration(h.random.IntN(int(12 * time.Second)))) }},
	{"minutes", 3, func(h *history) { h.pass(time.Duration(h.random.IntN(int(2 * time.Minute)))) }},
	{"Stripe fails", 8, (*history).stripeFaults},
	{"Stripe is well", 5, (*history).endStripeFaults},
	{"the store fails", 3, func(h *history) { h.setFaults(&h.storeFaults, 0.05+0.4*h.random.Float64()) }},
	{"the store is well", 4, func(h *history) { h.setFaults(&h.storeFaults, 0) }},
	{"a person looks", 2, (*history).person},
}

// step makes one step.
func (h *history) step() {
	if len(h.alive()) == 0 {
		h.start()
	}
	total := 0
	for _, s := range steps {
		total += s.weight
	}
	roll := h.random.IntN(total)
	for _, s := range steps {
		if roll -= s.weight; roll < 0 {
			h.note("-- %s", s.name)
			s.do(h)
			return
		}
	}
}

// someCall calls a machine that lives, if one does.
func (h *history) someCall(i *intent, which int, p patience) {
	if alive := h.alive(); len(alive) > 0 {
		h.callLater(pick(h, alive), i, which, p)
	}
}

// again calls with a key that was used before.
func (h *history) again(which int, p patience) {
	if len(h.intents) > 0 {
		// Mostly one of the last.
		last := h.intents[max(0, len(h.intents)-1-h.random.IntN(1+h.random.IntN(len(h.intents)))):]
		h.someCall(last[0], which, p)
	}
}

// sameKey uses the key of one caller as another.
func (h *history) sameKey() {
	if len(h.intents) == 0 {
		return
	}
	first := pick(h, h.intents)
	for _, i := range h.intents {
		if i.key == first.key && i.caller != first.caller {
			h.someCall(i, 0, patience{})
			return
		}
	}
	other := *first
	for _, caller := range simCallers {
		if caller != first.caller {
			other.caller = caller
		}
	}
	h.intents = append(h.intents, &other)
	h.someCall(&other, 0, patience{})
}

// manyCalls calls at once, with one key or with several.
func (h *history) manyCalls() {
	i := h.newIntent()
	for range 2 + h.random.IntN(4) {
		switch h.random.IntN(4) {
		case 0:
			h.someCall(h.newIntent(), 0, patience{})
		case 1:
			h.someCall(i, 0, patience{deadline: time.Duration(h.random.IntN(int(5 * time.Second)))})
		default:
			h.someCall(i, h.random.IntN(20)/19, patience{})
		}
	}
}

// crash ends a machine now, or at one of its next points.
func (h *history) crash() {
	m := pick(h, h.alive())
	if h.random.IntN(5) == 0 {
		m.end()
		return
	}
	fuse := 1 + h.random.IntN(14)
	h.mu.Lock()
	m.fuse = fuse
	h.mu.Unlock()
}

// drain stops a machine as a deployment does.
func (h *history) drain() {
	m := pick(h, h.alive())
	h.calls.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		left := m.runner.Drain(ctx)
		h.note("%s is stopped and leaves %d", m.name, len(left))
		m.end()
	})
}

// freeze lets one machine stand still, mostly for longer than its lease.
func (h *history) freeze() {
	h.stands(pick(h, h.alive()), time.Duration(h.random.IntN(int(time.Minute))))
}

// freezeAll lets every machine stand still, as on one host that sleeps.
func (h *history) freezeAll() {
	d := h.long()
	for _, m := range h.alive() {
		h.stands(m, d)
	}
	h.pass(d)
}

func (h *history) stands(m *machine, d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m.until = time.Now().Add(d)
	h.counts.Freezes++
	h.noteLocked("%s stands still for %s", m.name, d)
}

// outage ends every machine for a long time. The store may be opened anew after it.
func (h *history) outage() {
	for _, m := range h.alive() {
		m.end()
	}
	h.calls.Wait()
	h.pass(h.long())
	if h.random.IntN(2) == 0 {
		h.close()
		h.open()
		h.mu.Lock()
		for id := range h.due {
			h.due[id] = time.Now()
		}
		h.mu.Unlock()
	}
	h.start()
}

// long is past the window, or even past the time for which Stripe knows a key.
func (h *history) long() time.Duration {
	return []time.Duration{time.Hour, h.window + time.Minute, 22 * time.Hour, 25 * time.Hour}[h.random.IntN(4)]
}

// setFaults sets how often something fails.
func (h *history) setFaults(share *float64, to float64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	*share = to
}

// lockTimeout is what Stripe says where another request holds the object.
var lockTimeout = json.RawMessage(`{"error":{"type":"invalid_request_error","code":"lock_timeout","message":"."}}`)

// simFaults are the ways in which Stripe fails.
var simFaults = []sandbox.Fault{
	{Kind: sandbox.FaultDropBefore},
	{Kind: sandbox.FaultDropAfter},
	{Kind: sandbox.FaultTruncate},
	{Kind: sandbox.FaultWrongJSON},
	{Kind: sandbox.FaultSlowBody, DelayMS: 2_000},
	{Kind: sandbox.FaultSlowBody, DelayMS: 45_000},
	{Kind: sandbox.FaultDelay, DelayMS: 1_500},
	{Kind: sandbox.FaultDelay, DelayMS: 50_000},
	{Kind: sandbox.Fault500Before},
	{Kind: sandbox.Fault500After},
	{Kind: sandbox.Fault502HTML},
	{Kind: sandbox.FaultStatus, Status: 401},
	{Kind: sandbox.FaultStatus, Status: 403},
	{Kind: sandbox.FaultStatus, Status: 409},
	{Kind: sandbox.FaultStatus, Status: 429},
	{Kind: sandbox.FaultStatus, Status: 429, Body: lockTimeout},
	{Kind: sandbox.FaultStatus, Status: 500},
	{Kind: sandbox.FaultStatus, Status: 500, Headers: map[string]string{"Stripe-Should-Retry": "true"}},
	{Kind: sandbox.FaultStatus, Status: 503},
}

// stripeFaults lets Stripe, or the way to it, fail in one to three ways more.
func (h *history) stripeFaults() {
	for range 1 + h.random.IntN(3) {
		f := pick(h, simFaults)
		f.Probability = 0.1 + 0.6*h.random.Float64()
		if h.random.IntN(3) == 0 {
			f.Method = "POST"
		}
		h.note("%s %s %d, %.2f", f.Kind, f.Method, f.Status, f.Probability)
		if err := h.stripe.AddFault(f); err != nil {
			h.t.Fatal(err)
		}
	}
	if h.random.IntN(3) == 0 {
		h.setFaults(&h.netFaults, 0.05+0.3*h.random.Float64())
	}
}

func (h *history) endStripeFaults() {
	h.stripe.ClearFaults()
	h.setFaults(&h.netFaults, 0)
}
