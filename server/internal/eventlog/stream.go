package eventlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/seal"
	"github.com/tillgate/tillgate/server/internal/store"
)

// storeReaders is how many streams that are behind may read the store at once: they must not take it from the writes.
const storeReaders = 4

// streamLog is what streams and consumers read and write: store.Store.
type streamLog interface {
	tailLog
	consumerLog
	EventByID(ctx context.Context, id string) (store.LogEvent, error)
	PositionAt(ctx context.Context, t time.Time) (int64, error)
	Settle(ctx context.Context, name, value string) (string, error)
}

// StreamsConfig is what Streams needs.
type StreamsConfig struct {
	Log  streamLog
	Tail *Tail
	Keys *seal.Keys
	// Logger hears of events that can not be read.
	Logger *slog.Logger
	// Registerer takes the metrics.
	Registerer prometheus.Registerer
	// MaxStreams is how many may be open, 20,000 where it is 0, and MaxCallerStreams how many of them may be one caller's,
	// 5,000. OpenRate is how many may be opened a second, 200, twice as many at once.
	MaxStreams, MaxCallerStreams, OpenRate int
}

// Streams delivers the log to callers, and remembers where their consumers are. All of it may be called at the same time.
type Streams struct {
	log       streamLog
	tail      *Tail
	keys      *seal.Keys
	logger    *slog.Logger
	tokens    tokenKey
	consumers *consumers
	door      *door
	metrics   *streamMetrics
	// reading is sent to by who reads the store for a stream.
	reading chan struct{}

	stop     sync.Once
	stopping chan struct{}
}

// NewStreams returns the streams of a log. It takes the key of the resume tokens from the store, or makes it.
func NewStreams(ctx context.Context, c StreamsConfig) (*Streams, error) {
	text, err := newTokenKey()
	if err != nil {
		return nil, err
	}
	if text, err = c.Log.Settle(ctx, tokenKeyFact, text); err != nil {
		return nil, fmt.Errorf("settle the key of the resume tokens: %w", err)
	}
	tokens, err := parseTokenKey(text)
	if err != nil {
		return nil, err
	}
	return &Streams{
		log: c.Log, tail: c.Tail, keys: c.Keys, logger: c.Logger, tokens: tokens,
		consumers: newConsumers(c.Log), door: newDoor(c.MaxStreams, c.MaxCallerStreams, c.OpenRate),
		metrics: newStreamMetrics(c.Registerer),
		reading: make(chan struct{}, storeReaders), stopping: make(chan struct{}),
	}, nil
}

// Shutdown ends all streams, and refuses new ones, with STREAM_ENDED. It does not wait for them.
func (s *Streams) Shutdown() {
	s.stop.Do(func() { close(s.stopping) })
}

// enterStore waits for a turn to read the store.
func (s *Streams) enterStore(ctx context.Context) (leave func(), err error) {
	select {
	case s.reading <- struct{}{}:
		return func() { <-s.reading }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-s.stopping:
		return nil, stopped()
	}
}

// read returns events behind a position that are wanted and not in done, up to limit; and the position up to which it has
// looked. Those of the ring cost nothing; the others come from the store. store.ErrExpired.
func (s *Streams) read(
	ctx context.Context, after int64, wanted picker, done progress, limit int,
) (events []*entry, upTo int64, err error) {
	events, upTo, ok := s.tail.now().pick(after, func(e *entry) bool {
		return wanted.picks(e.kind, e.objectID) && !done.has(e.position)
	}, limit, maxMessage)
	if ok {
		return events, upTo, nil
	}

	leave, err := s.enterStore(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer leave()
	rows, upTo, err := s.log.ReadLog(ctx, after, wanted.logFilter(), limit)
	if err != nil {
		return nil, 0, err
	}
	size := 0
	for _, row := range rows {
		if done.has(row.Position) {
			continue
		}
		e := s.tail.open(ctx, row)
		if size += e.size; size > maxMessage && len(events) > 0 {
			return events, row.Position - 1, nil
		}
		events = append(events, e)
	}
	return events, upTo, nil
}

// expired says that a position is not in the log any more, and where that begins.
func expired(oldest int64) *apierr.Error {
	return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_POSITION_EXPIRED).
		WithMetadata("oldest_position", strconv.FormatInt(oldest, 10))
}

// anotherLog is what is said in place of the usual sentence where a consumer stands in a log that is not this one: one that
// was restored from an older copy, or copied. Its number may well be in this one, but of another event.
const anotherLog = "the consumer stands in another event log than this one, which was restored or copied since; " +
	"move it with SeekConsumer, or server events consumers seek"

// otherLog is expired, for a consumer of another log.
func otherLog(oldest int64) *apierr.Error {
	err := expired(oldest)
	err.Message = anotherLog
	return err
}

// expiredNow is expired, with what the log says now.
func (s *Streams) expiredNow(ctx context.Context) error {
	head, err := s.log.Head(ctx)
	if err != nil {
		return s.storeError(ctx, err)
	}
	return expired(head.Oldest)
}

// storeError is what a caller hears where the store has failed. What is an error of ours already stays so.
func (s *Streams) storeError(ctx context.Context, err error) error {
	switch _, ours := errors.AsType[*apierr.Error](err); {
	case ours:
		return err
	case errors.Is(err, store.ErrExpired):
		return s.expiredNow(ctx)
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrUncertain):
		return apierr.StoreUnavailable(err)
	default:
		return err
	}
}

// withToken returns the error with where to go on from.
func withToken(err error, token string) error {
	ours := *apierr.From(err) // Others may hear of the same one.
	ours.Metadata = maps.Clone(ours.Metadata)
	return ours.WithMetadata("resume_token", token)
}
