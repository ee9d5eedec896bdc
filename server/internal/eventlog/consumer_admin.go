package eventlog

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/store"
)

// Consumers returns up to limit consumers, by caller and name, from behind these on; those of one caller where it is
// given; and whether there are more.
func (s *Streams) Consumers(
	ctx context.Context, caller, afterCaller, afterName string, limit int,
) (consumers []*paymentsv1.Consumer, more bool, err error) {
	head, err := s.log.Head(ctx)
	if err != nil {
		return nil, false, s.storeError(ctx, err)
	}
	rows, err := s.log.Consumers(ctx, caller, afterCaller, afterName, limit+1)
	if err != nil {
		return nil, false, s.storeError(ctx, err)
	}
	if more = len(rows) > limit; more {
		rows = rows[:limit]
	}
	for _, row := range rows {
		at, err := newStanding(row)
		if err != nil {
			return nil, false, err
		}
		consumers = append(consumers, at.message(head))
	}
	return consumers, more, nil
}

// message is a consumer as callers see it. One of another log has all of this one before it: its cursor says nothing here.
func (at *standing) message(head store.Head) *paymentsv1.Consumer {
	behind := at.cursor
	if at.row.Epoch != head.Epoch {
		behind = head.Oldest - 1
	}
	return &paymentsv1.Consumer{
		Caller: at.row.Caller, Name: at.row.Name, Filter: at.filter, Cursor: at.cursor,
		AckedAhead: int32(at.ahead()), //nolint:gosec // no consumer has so many
		Lag:        max(0, head.Position-behind),
		Connected:  at.row.Stream != "" && time.Since(at.row.StreamTime) < goneAfter,
		CreateTime: timestamppb.New(at.row.CreateTime), UpdateTime: timestamppb.New(at.row.UpdateTime),
	}
}

// Seek moves a consumer of a caller to where the request says, and ends its stream: here at once, at another server when
// that says the next time that it is there.
func (s *Streams) Seek(
	ctx context.Context, caller string, req *paymentsv1.SeekConsumerRequest,
) (*paymentsv1.Consumer, error) {
	p, leave := s.consumers.enter(consumerKey{caller, req.GetConsumer()})
	defer leave()
	if err := p.lock(ctx); err != nil {
		return nil, err
	}
	defer p.unlock()
	head, err := s.log.Head(ctx)
	if err != nil {
		return nil, s.storeError(ctx, err)
	}
	p.known = nil
	if _, err := s.consumers.load(ctx, p); err != nil {
		return nil, s.consumerError(ctx, p, err)
	}
	cursor, err := s.seekTo(ctx, req, head)
	if err != nil {
		return nil, s.storeError(ctx, err)
	}
	at, err := s.consumers.change(ctx, p, false, func(at *standing) error {
		at.progress = progress{cursor: cursor}
		at.row.Epoch, at.row.Stream, at.row.StreamTime = head.Epoch, "", time.Time{}
		return nil
	})
	if err != nil {
		return nil, s.consumerError(ctx, p, err)
	}
	p.end()
	// The store gives the times.
	if row, err := s.log.Consumer(ctx, caller, req.GetConsumer()); err == nil {
		at.row.CreateTime, at.row.UpdateTime = row.CreateTime, row.UpdateTime
	}
	return at.message(head), nil
}

// seekTo is the position behind which a consumer is to go on.
func (s *Streams) seekTo(ctx context.Context, req *paymentsv1.SeekConsumerRequest, head store.Head) (int64, error) {
	position := req.GetPosition()
	switch target := req.GetTarget().(type) {
	case *paymentsv1.SeekConsumerRequest_Start:
		if target.Start == paymentsv1.StreamStart_STREAM_START_OLDEST {
			return head.Oldest - 1, nil
		}
		return head.Position, nil
	case *paymentsv1.SeekConsumerRequest_Time:
		var err error
		if position, err = s.log.PositionAt(ctx, target.Time.AsTime()); err != nil {
			return 0, err
		}
	}
	switch {
	case position > head.Position:
		return 0, apierr.InvalidField("position", "is ahead of the log")
	case position < head.Oldest-1:
		return 0, expired(head.Oldest)
	}
	return position, nil
}

// Delete forgets a consumer of a caller, and ends its stream as Seek does.
func (s *Streams) Delete(ctx context.Context, caller, name string) error {
	p, leave := s.consumers.enter(consumerKey{caller, name})
	defer leave()
	if err := p.lock(ctx); err != nil {
		return err
	}
	defer p.unlock()
	p.known = nil
	if err := s.log.DeleteConsumer(ctx, caller, name); err != nil {
		return s.consumerError(ctx, p, err)
	}
	p.end()
	return nil
}

func (s *Streams) consumerError(ctx context.Context, p *place, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return errNoConsumer(p.key.name)
	}
	return s.storeError(ctx, err)
}
