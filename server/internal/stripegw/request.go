package stripegw

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"google.golang.org/protobuf/proto"
)

// Request is what Prepare recorded, and exactly what Stripe gets. It may be kept and sent again: the same bytes under
// the same key are the same operation to Stripe. Form holds personal data, so that printing a Request leaves it out.
type Request struct {
	// Method is POST, GET or DELETE.
	Method string
	// Path begins with `/v1/`; ids in it are escaped.
	Path string
	// Form is the encoded body, or the query of a GET. Parameters of a DELETE go into the body, as stripe-go sends them.
	Form string
}

// String names the endpoint only.
func (r Request) String() string { return r.Method + " " + r.Path }

// GoString names the endpoint only.
func (r Request) GoString() string { return r.String() }

// LogValue names the endpoint only.
func (r Request) LogValue() slog.Value { return slog.StringValue(r.String()) }

// isWrite is whether Stripe may change something.
func (r Request) isWrite() bool { return r.Method != http.MethodGet }

// valid is whether Prepare can have recorded it, with nothing missing any more. The path is appended to Stripe's address, so that one which does not
// begin with a slash could lead to another host.
func (r Request) valid() bool {
	switch r.Method {
	case http.MethodGet, http.MethodPost, http.MethodDelete:
		return strings.HasPrefix(r.Path, "/v1/") && !strings.ContainsAny(r.Path, "?# ") && r.complete()
	default:
		return false
	}
}

// Answer is what Stripe answered to a request that succeeded. Body holds personal data and client secrets, so that
// printing an Answer leaves it out.
type Answer struct {
	// Status is 200 to 299.
	Status int
	// RequestID is Stripe's name for the exchange, `req_...`; empty where it gave none.
	RequestID string
	// Replayed is whether Stripe stored this answer earlier, for a request with the same key.
	Replayed bool
	// Body is complete, but not yet known to be JSON.
	Body []byte
}

// String leaves the body out.
func (a Answer) String() string {
	return fmt.Sprintf("status %d, request %s, replayed %t, %d bytes", a.Status, a.RequestID, a.Replayed, len(a.Body))
}

// GoString leaves the body out.
func (a Answer) GoString() string { return a.String() }

// LogValue leaves the body out.
func (a Answer) LogValue() slog.Value { return slog.StringValue(a.String()) }

// Outcome is how a write ended at Stripe. The fields Replayed and StripeRequestID are also set when the write failed
// and Stripe did answer. Printing an Outcome leaves the secret and the resource out.
type Outcome struct {
	// Resource is what the write made or changed, for example *paymentsv1.Payment.
	Resource proto.Message
	// ClientSecret is that of a payment or setup intent that still needs it; otherwise empty. It belongs into the
	// answer to the first call only: whoever answers a caller again leaves it out.
	ClientSecret string
	// Replayed is whether Stripe said so to the first send: it stored this answer for an earlier Write. For a later send
	// of the same Write it is false, since there our own earlier send made the answer.
	Replayed bool
	// StripeRequestID is Stripe's name for the last exchange, `req_...`; empty where it gave none.
	StripeRequestID string
}

// String leaves the secret and the resource out.
func (o Outcome) String() string {
	return fmt.Sprintf("request %s, replayed %t", o.StripeRequestID, o.Replayed)
}

// GoString leaves the secret and the resource out.
func (o Outcome) GoString() string { return o.String() }

// LogValue leaves the secret and the resource out.
func (o Outcome) LogValue() slog.Value { return slog.StringValue(o.String()) }
