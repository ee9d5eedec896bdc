package stripegw

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// OnlyStep is the name of the step that does what its rpc is for. It is the last of them, and the only one of most.
const OnlyStep = "1"

// PathFill stands in a path for an id that the step before makes. stripe-go puts it there as it is, and no id of Stripe's
// or of a caller's has a tilde.
const PathFill = "~fill~"

// errMeanwhile is why a step is not made: what it hangs on has changed since it was read.
const errMeanwhile = apierr.ConstError("the object was changed meanwhile")

// Step is one request of those that an rpc takes. They are sent one after the other, each once the one before was done.
type Step struct {
	// Name tells the steps of an rpc apart, and is part of the step's key at Stripe.
	Name string
	// Request is what Stripe gets, once the fills are in it.
	Request Request
	// Fills are what is missing in the request until the step before is done. The first step has none.
	Fills []Fill
}

// Fill puts a value of an answer of Stripe's into the request of the step that follows.
type Fill struct {
	// Param is the parameter that gets it, such as `phases[0][start_date]`. Empty for the path, where it takes the place of
	// PathFill.
	Param string
	// From is where it stands in the answer, with dots between: `phases.0.start_date`.
	From string
	// Is is what must stand there, where nothing is put in: what was read before the first step must still hold.
	Is string
}

// filled is the steps that follow an answer, the first of them with what it needs from there. errUnreadable where the
// answer does not have it, errMeanwhile where it says otherwise than it must.
func filled(next []Step, body []byte) ([]Step, error) {
	if len(next) == 0 || len(next[0].Fills) == 0 {
		return next, nil
	}
	var object map[string]any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // a number is sent as Stripe wrote it
	if decoder.Decode(&object) != nil {
		return nil, errUnreadable
	}
	first := next[0]
	for _, fill := range first.Fills {
		text := textAt(object, fill.From)
		switch {
		case fill.Is != "" && text != fill.Is:
			return nil, errMeanwhile
		case fill.Is != "":
		case text == "": // It would unset what it was to set.
			return nil, errUnreadable
		case fill.Param != "":
			first.Request.Form = withParam(first.Request.Form, fill.Param, text)
		case token(text) == "":
			return nil, errUnreadable
		default:
			first.Request.Path = strings.Replace(first.Request.Path, PathFill, text, 1)
		}
	}
	first.Fills = nil
	return append([]Step{first}, next[1:]...), nil
}

// textAt is the text, number or truth value at a path, as Stripe takes it in a form; empty for anything else.
func textAt(object map[string]any, path string) string {
	switch v := valueAt(object, strings.Split(path, ".")).(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	default:
		return ""
	}
}

// withParam adds a parameter to an encoded form, which leaves brackets as they are.
func withParam(form, param, value string) string {
	name := strings.NewReplacer("%5B", "[", "%5D", "]").Replace(url.QueryEscape(param))
	if form != "" {
		form += "&"
	}
	return form + name + "=" + url.QueryEscape(value)
}

// complete is whether nothing is missing in the request, as in what is sent nothing may be.
func (r Request) complete() bool { return !strings.Contains(r.Path, PathFill) }

// lastRequest is that of the step that does what the rpc is for, of one step and those that follow it.
func lastRequest(now Request, next []Step) Request {
	if len(next) == 0 {
		return now
	}
	return next[len(next)-1].Request
}

// names are those of the steps, in order.
func names(steps []Step) []string {
	all := make([]string, len(steps))
	for i, step := range steps {
		all[i] = step.Name
	}
	return all
}

// wellMade says what is wrong with the steps of an rpc. Names are part of keys: no two steps may share one.
func wellMade(steps []Step) error {
	if len(steps) == 0 {
		return errNoCall
	}
	known := names(steps)
	slices.Sort(known)
	if len(slices.Compact(known)) != len(steps) || known[0] == "" {
		return errSteps
	}
	if len(steps[0].Fills) > 0 || steps[len(steps)-1].Name != OnlyStep {
		return errSteps
	}
	for _, step := range steps {
		paths := 0
		sent, err := url.ParseQuery(step.Request.Form)
		if err != nil {
			return errSteps
		}
		for _, fill := range step.Fills {
			switch {
			case fill.From == "" || sent.Has(fill.Param), fill.Is != "" && fill.Param != "":
				return errSteps
			case fill.Is != "":
			case fill.Param == "":
				paths++
			}
		}
		if paths > 1 || paths != strings.Count(step.Request.Path, PathFill) {
			return errSteps
		}
	}
	return nil
}

// meanwhile is how an rpc ends whose next step is not made because of errMeanwhile.
func meanwhile() *apierr.Error {
	return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE).WithCause(errMeanwhile)
}
