package eventlog

import (
	"context"
	"fmt"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

const (
	// maxEvents and maxMessage bound one message. The size, in bytes, is what a caller that does not read may make us
	// keep, twice: one message waits in the transport, and one here. An event that is larger goes alone.
	maxEvents  = 100
	maxMessage = 256 << 10
	// patience is how long a caller may read nothing.
	patience = 20 * time.Second
	// reopenSlow is when a caller that was too slow may open another stream.
	reopenSlow = time.Second
)

// sender sends messages with a limit of time. A send that does not come to its end keeps a goroutine, which ends soon after
// the handler has returned: then the transport gives it up.
type sender struct {
	done     chan error
	patience *time.Timer
	stopping <-chan struct{}
	lost     <-chan struct{}
}

func newSender(stopping, lost <-chan struct{}) *sender {
	s := &sender{done: make(chan error, 1), patience: time.NewTimer(patience), stopping: stopping, lost: lost}
	s.patience.Stop()
	return s
}

// do runs a send. After an error it must not be called again.
func (s *sender) do(ctx context.Context, send func() error) error {
	go func() {
		defer func() {
			if value := recover(); value != nil {
				// Not the value: it may hold what was to be sent.
				s.done <- fmt.Errorf("a panic while a message was sent: %T", value)
			}
		}()
		s.done <- send()
	}()
	s.patience.Reset(patience)
	defer s.patience.Stop()
	select {
	case err := <-s.done:
		return err
	case <-s.patience.C:
		return streamEnded("SLOW_READER", reopenSlow)
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-s.stopping:
		return stopped()
	case <-s.lost:
		return takenOver()
	}
}

// streamEnded says that a stream ended which could have gone on.
func streamEnded(cause string, after time.Duration) *apierr.Error {
	return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_STREAM_ENDED).
		WithMetadata("cause", cause).WithRetry(after)
}

// stopped says that the server stops. Not all come back at the same moment.
func stopped() *apierr.Error { return streamEnded("SHUTDOWN", comeBack()/5) }

// takenOver says that the consumer of a stream has another one, or was moved or deleted.
func takenOver() *apierr.Error {
	return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_CONSUMER_TAKEN_OVER)
}
