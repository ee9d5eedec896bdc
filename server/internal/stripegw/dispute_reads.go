package stripegw

import (
	"context"
	"net/http"
	"net/url"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

const (
	// disputeSubject is the type of a dispute in errors, and disputePath what stands before its id in a path.
	disputeSubject = "dispute"
	disputePath    = "/v1/disputes/"
)

// disputeKind is a dispute. Older ones begin with `dp_`.
var disputeKind = objectKind{
	subject: disputeSubject, prefixes: []string{"du_", "dp_"}, get: getDisputeRequest, decode: decodeDispute,
}

// GetDispute reads a dispute, `du_...` or `dp_...`, as Stripe has it now. Its errors are those of GetPayment.
func (g *Gateway) GetDispute(ctx context.Context, id string) (*paymentsv1.Dispute, error) {
	subject := apierr.Subject{Type: disputeSubject, ID: id}
	object, err := readObject(ctx, g, getDisputeRequest(id), nil, subject, decodeDisputeObject)
	if err != nil {
		return nil, err
	}
	return g.dispute(object), nil
}

// getDisputeRequest is GET /v1/disputes/{dispute}.
func getDisputeRequest(id string) Request {
	return Request{Method: http.MethodGet, Path: disputePath + url.QueryEscape(id)}
}
