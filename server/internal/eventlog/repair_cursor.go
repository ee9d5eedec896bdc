package eventlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
)

// What the repair remembers stands in the store's facts, so that all servers that share it go on where one has stopped.
const (
	cursorFact = "events_repair_cursor"
	resyncFact = "events_resync"
	// noFact is what stands there at first.
	noFact = "none"
)

// cursor is how far Stripe's list was looked through: a pass has received all up to an event.
type cursor struct {
	// ID and Created are those of the newest event that there was, Created by Stripe's time. Empty: there was none.
	ID      string `json:"id"`
	Created int64  `json:"created"`
	// Success is when that pass ended, in seconds since 1970.
	Success int64 `json:"success"`
}

// fact is a value in the store that several servers change, each from what it has read.
type fact struct {
	store store.Store
	name  string
	// text is what was last read or written.
	text string
}

// read decodes the fact into v. known is false where nothing was written yet.
func (f *fact) read(ctx context.Context, v any) (known bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	text, err := f.store.Settle(ctx, f.name, noFact)
	if err != nil {
		return false, err
	}
	f.text = text
	if text == noFact {
		return false, nil
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return false, fmt.Errorf("the fact %s can not be read: %w", f.name, err)
	}
	return true, nil
}

// write puts v in the place of what was last read. ErrFenced where another server was first.
func (f *fact) write(ctx context.Context, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write the fact %s: %w", f.name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	for range maxUncertain {
		if err = f.store.Replace(ctx, f.name, f.text, string(text)); !errors.Is(err, store.ErrUncertain) {
			break
		}
	}
	if err == nil {
		f.text = string(text)
	}
	return err
}

// pause waits, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
