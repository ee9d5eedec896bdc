package console

import (
	"context"
	"errors"
	"io"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/config"
)

// Events runs the command of `server events` that was asked for. An error is for the operator to read: it may have several
// lines. What is no answer, such as that there is nothing yet, goes to stderr.
func Events(ctx context.Context, c config.Events, stdout, stderr io.Writer) error {
	s, err := connect(c.Connection)
	if err != nil {
		return err
	}
	defer s.close()
	e := &eventServer{server: s, EventServiceClient: paymentsv1.NewEventServiceClient(s.conn), stdout: stdout, stderr: stderr}
	switch {
	case c.Tail != nil:
		return e.tail(ctx, *c.Tail)
	case c.Consumers != nil:
		return e.listConsumers(ctx, *c.Consumers)
	case c.Seek != nil:
		return e.seek(ctx, *c.Seek)
	case c.Delete != nil:
		return e.delete(ctx, *c.Delete)
	case c.DeadLetters != nil:
		return e.listDeadLetters(ctx, *c.DeadLetters)
	case c.Retry != nil:
		return e.retry(ctx, *c.Retry)
	default:
		return errors.New("no command was given")
	}
}

// eventServer is the way to EventService, and where to print.
type eventServer struct {
	*server
	paymentsv1.EventServiceClient

	stdout, stderr io.Writer
}

// everyPage hands on page after page, from the first on.
func everyPage(page func(token string) (next string, err error)) error {
	for token := ""; ; {
		next, err := page(token)
		switch {
		case err != nil:
			return err
		case next == "":
			return nil
		case next == token:
			return errors.New("the server sends the same page again and again")
		}
		token = next
	}
}
