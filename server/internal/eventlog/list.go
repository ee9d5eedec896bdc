package eventlog

import (
	"context"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/store"
)

const (
	// listBytes keeps a page below the 4 MiB that gRPC clients take by default.
	listBytes = 3 << 20
	// listReads is how often the store is read for one page, where the filter picks little. The page is shorter then.
	listReads = 16
)

// Page is one page of a list of events.
type Page struct {
	Events []*paymentsv1.Event
	// Next stands for where the page ended, empty where the log did: letters, digits and `_`.
	Next string
	// Head is the newest position of the log.
	Head int64
}

// Event returns the event with an id, or RESOURCE_MISSING.
func (s *Streams) Event(ctx context.Context, id string) (*paymentsv1.Event, error) {
	row, err := s.log.EventByID(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, apierr.ResourceMissing("event", id)
	}
	if err != nil {
		return nil, s.storeError(ctx, err)
	}
	return s.tail.open(ctx, row).event, nil
}

// Events returns up to limit events that the filter picks, the oldest first: from behind a position, 0 for the oldest, or
// from where the page before has ended. An `after` that cannot be read is INVALID_FIELD.
func (s *Streams) Events(
	ctx context.Context, filter *paymentsv1.EventFilter, position int64, after string, limit int,
) (Page, error) {
	head, err := s.log.Head(ctx)
	if err != nil {
		return Page{}, s.storeError(ctx, err)
	}
	switch {
	case after != "":
		if position, err = parsePage(after, head); err != nil {
			return Page{}, err
		}
	case position == 0:
		position = head.Oldest - 1
	}
	if position < head.Oldest-1 {
		return Page{}, expired(head.Oldest)
	}

	page := Page{Head: head.Position}
	wanted := newPicker(filter).logFilter()
	size := 0
	for range listReads {
		rows, upTo, err := s.log.ReadLog(ctx, position, wanted, limit-len(page.Events))
		if err != nil {
			return Page{}, s.storeError(ctx, err)
		}
		for _, row := range rows {
			e := s.tail.open(ctx, row)
			if size += e.size; size > listBytes && len(page.Events) > 0 {
				page.Next = pageBehind(head.Epoch, position)
				return page, nil
			}
			page.Events = append(page.Events, e.event)
			position = row.Position
		}
		position = max(position, upTo)
		if position >= head.Position {
			return page, nil
		}
		if len(page.Events) >= limit {
			break
		}
	}
	page.Next = pageBehind(head.Epoch, position)
	return page, nil
}

// pageBehind names the page behind a position of this log.
func pageBehind(epoch string, position int64) string {
	sum := sumEpoch(epoch)
	return hex.EncodeToString(sum[:8]) + "_" + strconv.FormatInt(position, 10)
}

// parsePage reads what pageBehind wrote. A page of another log is POSITION_EXPIRED: its positions mean something else now.
func parsePage(text string, head store.Head) (int64, error) {
	epoch, number, _ := strings.Cut(text, "_")
	position, err := strconv.ParseInt(number, 10, 64)
	if err != nil || position < 0 {
		return 0, apierr.InvalidField("page_token", "is not a token of this rpc")
	}
	if sum := sumEpoch(head.Epoch); epoch != hex.EncodeToString(sum[:8]) {
		return 0, expired(head.Oldest)
	}
	return position, nil
}
