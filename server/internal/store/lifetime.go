package store

import (
	"fmt"
	"sync"
)

var errClosed = fmt.Errorf("%w: it is closed", ErrUnavailable)

// lifetime is that of a store, which ends when all that is under way is done.
type lifetime struct {
	// open is held for reading by all that is under way, and for writing by what ends it.
	open   sync.RWMutex
	closed bool
}

// enter is asked by all that uses the database, and leave called once that is done.
func (l *lifetime) enter() error {
	l.open.RLock()
	if l.closed {
		l.open.RUnlock()
		return errClosed
	}
	return nil
}

func (l *lifetime) leave() { l.open.RUnlock() }

// end waits for what is under way and then closes, once.
func (l *lifetime) end(closes func() error) error {
	l.open.Lock()
	defer l.open.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	return closes()
}
