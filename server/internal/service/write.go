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

// OnWriter runs writes of which it depends on an object's state what is sent.
type OnWriter interface {
	// DoOn runs the write that the rpc of this full method name asks for on what look reads, if look refuses nothing.
	DoOn(ctx context.Context, method string, req operation.Request, look operation.Look) (operation.Outcome, error)
}

// write runs a write whose outcome is a resource of type T.
func write[T proto.Message](
	ctx context.Context, w Writer, method string, req operation.Request, checks ...operation.Check,
) (T, operation.Outcome, error) {
	out, err := w.Do(ctx, method, req, checks...)
	return resourceOf[T](method, out, err)
}

// writeOn is write on what look reads.
func writeOn[T proto.Message](
	ctx context.Context, w OnWriter, method string, req operation.Request, look operation.Look,
) (T, operation.Outcome, error) {
	out, err := w.DoOn(ctx, method, req, look)
	return resourceOf[T](method, out, err)
}

// resourceOf is what a write ended with. A replay holds no client secret: Get...ClientSecret, which has a scope of its
// own, reads it again.
func resourceOf[T proto.Message](method string, out operation.Outcome, err error) (T, operation.Outcome, error) {
	var none T
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
