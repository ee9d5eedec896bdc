package client

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/status"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
)

// silence is how long a stream of events may say nothing: the server sends a heartbeat after 5 s.
const silence = 15 * time.Second

var errSilent = errors.New("the stream was silent for too long")

// subscription is a stream that goes on when it breaks.
type subscription[T any] struct {
	client *Client
	method string
	// open begins a stream.
	open func(ctx context.Context) (grpc.ServerStreamingClient[T], error)
	// take gets each message, and says whether there is more to come.
	take func(*T) bool
	// silence is how long no message may come before the stream counts as broken; 0 leaves that to the connection.
	silence time.Duration
}

// run takes messages from stream after stream. It returns nil when take has said that it was the last one, and an error
// where no other stream would go on, or the context has ended.
func (s *subscription[T]) run(ctx context.Context) error {
	for attempt := 1; ; attempt++ {
		alive, more, err := s.once(ctx)
		switch {
		case !more:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !s.client.resumable(err):
			return err
		}
		if alive {
			attempt = 1
		}
		after, _ := RetryAfterOf(err)
		wait := after + fullJitter(backoffLimit(attempt))
		if s.client.onRetry != nil {
			s.client.onRetry(s.method, attempt, err, wait)
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// once takes the messages of one stream: alive is whether there was one, and more whether there may be another.
func (s *subscription[T]) once(ctx context.Context) (alive, more bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	alarm := time.AfterFunc(time.Hour, func() { cancel(errSilent) })
	defer alarm.Stop()
	s.arm(alarm)
	stream, err := s.open(ctx)
	for err == nil {
		var m *T
		if m, err = stream.Recv(); err != nil {
			break
		}
		alarm.Stop() // To take the message may last.
		alive = true
		if !s.take(m) {
			return alive, false, nil
		}
		s.arm(alarm)
	}
	if errors.Is(context.Cause(ctx), errSilent) {
		err = errSilent
	}
	return alive, true, err
}

func (s *subscription[T]) arm(alarm *time.Timer) {
	if s.silence > 0 {
		alarm.Reset(s.silence)
	} else {
		alarm.Stop()
	}
}

// resumable is whether another stream, or the same acknowledgement once more, may do where this one failed. An end without
// an error, io.EOF, is one that should not have come.
func (c *Client) resumable(err error) bool {
	if c.conn.GetState() == connectivity.Shutdown { // by Close
		return false
	}
	reason := ReasonOf(err)
	switch status.Code(err) {
	case codes.Unavailable, codes.Internal, codes.Unknown, codes.DeadlineExceeded, codes.Canceled:
		return true
	case codes.Aborted:
		return reason != paymentsv1.ErrorReason_ERROR_REASON_CONSUMER_TAKEN_OVER
	case codes.ResourceExhausted:
		// Without a reason it is a message that is too large for us, and will be so again.
		return reason != paymentsv1.ErrorReason_ERROR_REASON_UNSPECIFIED
	default:
		return false
	}
}
