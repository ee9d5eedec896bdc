package stripegw

import (
	"context"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

// readObject reads one object for the caller of an rpc. Its errors are those of GetPayment.
func readObject[T any](
	ctx context.Context, g *Gateway, r Request, fields paramFields, subject apierr.Subject,
	decode func(body []byte) (T, error),
) (object T, err error) {
	answer, err := g.Send(ctx, r, "")
	if err != nil {
		return object, readError(ctx, err, fields, subject)
	}
	object, err = decode(answer.Body)
	if err != nil {
		answer.Body = nil
		return object, readError(ctx, &SendError{Answer: answer, cause: err}, nil, apierr.Subject{})
	}
	return object, nil
}
