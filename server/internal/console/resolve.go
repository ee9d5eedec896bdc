package console

import (
	"context"
	"fmt"
	"io"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/config"
)

// Resolve ends an operation with what the operator found out, and prints it as it ended.
func Resolve(ctx context.Context, way config.Connection, c config.ResolveOperation, stdout io.Writer) error {
	s, err := connect(way)
	if err != nil {
		return err
	}
	defer s.close()

	req := &paymentsv1.ResolveOperationRequest{OperationId: c.ID, Note: c.Note}
	if c.NotDone {
		req.Resolution = &paymentsv1.ResolveOperationRequest_NotDone{NotDone: true}
	} else {
		req.Resolution = &paymentsv1.ResolveOperationRequest_ObjectId{ObjectId: c.ObjectID}
	}
	resp, err := call(ctx, s, s.ResolveOperation, req)
	switch {
	case err == nil:
	case isRefusal(err):
		return err
	default:
		// Nobody said that it did nothing.
		return fmt.Errorf("%w\n  it may have been ended all the same; see: server operations show %s", err, c.ID)
	}
	if _, err := fmt.Fprintf(stdout, "It has ended.\n\n"); err != nil {
		return err
	}
	return printOperation(stdout, resp.GetOperation(), time.Now())
}
