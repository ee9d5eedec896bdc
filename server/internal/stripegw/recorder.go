package stripegw

import (
	"bytes"
	"reflect"
	"slices"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/form"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

const (
	errNilParams   = apierr.ConstError("stripe-go was called with nil params")
	errNotRecorded = apierr.ConstError("stripe-go was called in a way that can not be recorded")
	errTwoCalls    = apierr.ConstError("stripe-go was called twice for one request")
	errNoCall      = apierr.ConstError("stripe-go was not called")
)

// recorder is a backend of stripe-go's that sends nothing: it notes what its typed client would send. One recorder is
// for one request.
type recorder struct {
	recorded *Request
}

var _ stripe.Backend = (*recorder)(nil)

// request returns what was recorded.
func (r *recorder) request() (Request, error) {
	if r.recorded == nil {
		return Request{}, errNoCall
	}
	return *r.recorded, nil
}

// Call records a call of the typed client. It refuses nil params, typed or not: stripe-go sends those without an
// idempotency key and without the caller's context (NewRequest in stripe.go), so that no path may ever come to rely on
// them. What stands in a header of stripe-go's is refused too: a Request has none, so it would be lost.
func (r *recorder) Call(
	method, path, _ string, params stripe.ParamsContainer, _ stripe.LastResponseSetter,
) error {
	if v := reflect.ValueOf(params); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return errNilParams
	}
	common := params.GetParams()
	if common.IdempotencyKey != nil || common.StripeAccount != nil || len(common.Headers) != 0 {
		return errNotRecorded
	}
	// stripe-go writes maps in the order of their keys, but not its extra values (params.go, ExtraValues.AppendTo): the
	// same params must always be the same bytes, or Stripe refuses the repetition under the same key.
	extra := common.Extra
	common.Extra = nil
	values := &form.Values{}
	form.AppendTo(values, params)
	common.Extra = extra
	if extra != nil {
		for _, key := range sortedKeys(extra.Values) {
			for _, value := range extra.Values[key] {
				values.Add(key, value)
			}
		}
	}
	return r.record(method, path, values)
}

// CallRaw records a call of a list, whose params stripe-go has encoded already.
func (r *recorder) CallRaw(
	method, path, _ string, body *form.Values, params *stripe.Params, _ stripe.LastResponseSetter,
) error {
	if body == nil || params == nil {
		return errNilParams
	}
	return r.record(method, path, body)
}

// CallStreaming refuses: nothing of ours streams.
func (r *recorder) CallStreaming(
	_, _, _ string, _ stripe.ParamsContainer, _ stripe.StreamingLastResponseSetter,
) error {
	return errNotRecorded
}

// CallMultipart refuses: nothing of ours uploads files.
func (r *recorder) CallMultipart(
	_, _, _, _ string, _ *bytes.Buffer, _ *stripe.Params, _ stripe.LastResponseSetter,
) error {
	return errNotRecorded
}

// SetMaxNetworkRetries does nothing: stripegw alone repeats.
func (r *recorder) SetMaxNetworkRetries(int64) {}

func (r *recorder) record(method, path string, values *form.Values) error {
	if r.recorded != nil {
		return errTwoCalls
	}
	r.recorded = &Request{Method: method, Path: path, Form: values.Encode()}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
