package eventlog

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/seal"
	"github.com/tillgate/tillgate/server/internal/store"
)

const (
	// tick is how soon an event is seen whose hint was lost, and idleTick how often the log is looked at while there is no
	// stream.
	tick, idleTick = 500 * time.Millisecond, 5 * time.Second
	// pageEvents is how many are read at once.
	pageEvents = 512
)

// tailLog is what the tail reads: store.Log.
type tailLog interface {
	Head(ctx context.Context) (store.Head, error)
	ReadLog(ctx context.Context, after int64, f store.LogFilter, limit int) ([]store.LogEvent, int64, error)
	Watch(ctx context.Context, wake func())
}

// Tail follows the log for all streams of this process: it reads each event once, opens it, keeps the newest and wakes
// whoever waits for it. It is right also where it hears of nothing: it looks every half second.
type Tail struct {
	log    tailLog
	keys   *seal.Keys
	logger *slog.Logger

	hint    chan struct{}
	current atomic.Pointer[ring]
	failing bool

	mu sync.Mutex
	// grown is closed, and made anew, when there is another ring.
	grown chan struct{}
	// Those who wait, by the object if they wait for some objects, and the others.
	byObject map[string]map[*listener]struct{}
	others   map[*listener]struct{}
}

// listener is somebody who waits for events.
type listener struct {
	picker

	// heard holds something when there may be an event that is wanted.
	heard chan struct{}
}

func (l *listener) wake() {
	select {
	case l.heard <- struct{}{}:
	default: // It has heard already.
	}
}

// NewTail returns a tail of the log. The logger hears of events that can not be read.
func NewTail(log tailLog, keys *seal.Keys, logger *slog.Logger) *Tail {
	return &Tail{
		log: log, keys: keys, logger: logger,
		hint: make(chan struct{}, 1), grown: make(chan struct{}),
		byObject: map[string]map[*listener]struct{}{}, others: map[*listener]struct{}{},
	}
}

// Run follows the log until the context ends. Streams wait for it to begin.
func (t *Tail) Run(ctx context.Context) {
	var watching sync.WaitGroup
	watching.Go(func() { t.log.Watch(ctx, t.poke) })
	defer watching.Wait()

	for ctx.Err() == nil {
		err := t.look(ctx)
		t.report(ctx, err)
		wait := tick
		if err == nil && t.idle() {
			wait = idleTick
		}
		t.wait(ctx, wait)
	}
}

// wait returns at a hint, which makes it read what is new, or after a while, when it also looks whether the log is still
// the same.
func (t *Tail) wait(ctx context.Context, long time.Duration) {
	timer := time.NewTimer(long)
	defer timer.Stop()
	for {
		select {
		case <-t.hint:
			if err := t.read(ctx); err != nil {
				t.report(ctx, err)
				return
			}
			if long > tick && !t.idle() {
				return // There is a stream now.
			}
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

// poke makes the tail look.
func (t *Tail) poke() {
	select {
	case t.hint <- struct{}{}:
	default:
	}
}

// report says once that the log can not be read, and once that it can be again.
func (t *Tail) report(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
	case err != nil && !t.failing:
		t.failing = true
		t.logger.LogAttrs(ctx, slog.LevelError, "the event log can not be read; streams wait",
			apierr.StoreUnavailable(err).LogAttrs()...)
	case err == nil && t.failing:
		t.failing = false
		t.logger.InfoContext(ctx, "the event log can be read again")
	}
}

// look begins anew where the log is not the one that it was, and reads what is new.
func (t *Tail) look(ctx context.Context) error {
	head, err := t.log.Head(ctx)
	if err != nil {
		return err
	}
	if now := t.current.Load(); now == nil || now.epoch != head.Epoch {
		t.replace(&ring{epoch: head.Epoch, end: head.Position}, nil)
		return nil
	}
	return t.read(ctx)
}

// read reads what is new.
func (t *Tail) read(ctx context.Context) error {
	for {
		now := t.current.Load()
		if now == nil {
			return nil
		}
		rows, _, err := t.log.ReadLog(ctx, now.end, store.LogFilter{}, pageEvents)
		if err != nil {
			return t.skipErased(ctx, now, err)
		}
		if len(rows) == 0 {
			return nil
		}
		newer := make([]*entry, 0, len(rows))
		for _, row := range rows {
			newer = append(newer, t.open(ctx, row))
		}
		t.replace(now.with(newer, ringEvents, ringBytes), newer)
	}
}

// skipErased goes on with the head where retention has overtaken the tail: the streams that are behind ask the store, which
// tells them.
func (t *Tail) skipErased(ctx context.Context, now *ring, err error) error {
	if !errors.Is(err, store.ErrExpired) {
		return err
	}
	head, err := t.log.Head(ctx)
	if err != nil || head.Epoch != now.epoch {
		return err
	}
	t.replace(&ring{epoch: head.Epoch, end: head.Position}, nil)
	return nil
}

// open makes an event for everybody of a row. One that can not be read names its object all the same, and stops nobody.
func (t *Tail) open(ctx context.Context, row store.LogEvent) *entry {
	event, err := messageOf(t.keys, row)
	if err != nil {
		t.logger.LogAttrs(ctx, slog.LevelError, "an event can not be read; it is delivered as a reference",
			slog.String("event_id", event.GetId()), slog.Int64("position", row.Position), slog.String("error", err.Error()))
	}
	return newEntry(event)
}

// replace puts another ring in place, and wakes whoever waits for what is new in it; all of them where nothing is, since
// it is another log then.
func (t *Tail) replace(next *ring, newer []*entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.current.Store(next)
	close(t.grown)
	t.grown = make(chan struct{})

	for l := range t.others {
		if wants(l, newer) {
			l.wake()
		}
	}
	if newer == nil {
		for _, listeners := range t.byObject {
			for l := range listeners {
				l.wake()
			}
		}
		return
	}
	for _, e := range newer {
		for l := range t.byObject[e.objectID] {
			if l.picks(e.kind, e.objectID) {
				l.wake()
			}
		}
	}
}

func wants(l *listener, newer []*entry) bool {
	if newer == nil || l.all() {
		return true
	}
	for _, e := range newer {
		if l.picks(e.kind, e.objectID) {
			return true
		}
	}
	return false
}

// listen returns a listener for what the filter picks. It hears of all that is in no ring yet.
func (t *Tail) listen(filter *paymentsv1.EventFilter) (l *listener, leave func()) {
	l = &listener{picker: newPicker(filter), heard: make(chan struct{}, 1)}
	t.mu.Lock()
	first := len(t.others)+len(t.byObject) == 0
	if len(l.objects) == 0 {
		t.others[l] = struct{}{}
	}
	for _, id := range l.objects {
		if t.byObject[id] == nil {
			t.byObject[id] = map[*listener]struct{}{}
		}
		t.byObject[id][l] = struct{}{}
	}
	t.mu.Unlock()
	if first {
		t.poke() // It has slept.
	}
	return l, func() { t.leave(l) }
}

func (t *Tail) leave(l *listener) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.others, l)
	for _, id := range l.objects {
		if delete(t.byObject[id], l); len(t.byObject[id]) == 0 {
			delete(t.byObject, id)
		}
	}
}

func (t *Tail) idle() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.others)+len(t.byObject) == 0
}

// await returns the ring once it fits, at the latest when the context ends; then ok is false.
func (t *Tail) await(ctx context.Context, fits func(*ring) bool) (now *ring, ok bool) {
	for {
		t.mu.Lock()
		grown := t.grown
		t.mu.Unlock()
		if now = t.current.Load(); now != nil && fits(now) {
			return now, true
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return now, false
		}
	}
}

// now is the ring as it is: an empty one that reaches back to nowhere before the first.
func (t *Tail) now() *ring {
	if now := t.current.Load(); now != nil {
		return now
	}
	return &ring{end: math.MaxInt64}
}
