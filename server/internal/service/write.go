package service

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/tillgate/tillgate/server/internal/operation"
)

// Writer runs writes.
type Writer interface {
	// Do runs the write that the rpc of this full method name asks for, if the checks hold.
	Do(ctx context.Context, method string, req operation.Request, checks ...operation.Check) (operation.Outcome, error)
}

// write runs a write whose outcome is a resource of type T. A replay holds no client secret: Get...ClientSecret, which has a
// scope of its own, reads it again.
func write[T proto.Message](
	ctx context.Context, w Writer, method string, req operation.Request, checks ...operation.Check,
) (T, operation.Outcome, error) {
	var none T
	out, err := w.Do(ctx, method, req, checks...)
	if err != nil {
		return none, operation.Outcome{}, err
	}
	resource, ok := out.Resource.(T)
	if !ok {
		return none, operation.Outcome{}, fmt.Errorf("%s: the outcome is a %T", method, out.Resource)
	}
	if out.Replayed {
		out.ClientSecret = ""
	}
	return resource, out, nil
}
