package stripegw

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/subscriptionschedule"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// The rpc of these tests has the request of another one; it makes a schedule of what was read, then gives it phases.
const stepMethod = "/test.Steps/Plan"

func prepareSteps(p *plan, req *paymentsv1.UpdatePaymentRequest, on *paymentsv1.Payment, _ string) error {
	id := on.GetId()
	if id == "" {
		return apierr.InvalidField("payment_id", "is of nothing that was read")
	}
	_, err := subscriptionschedule.Client{B: p.step("schedule")}.New(&stripe.SubscriptionScheduleParams{FromSubscription: &id})
	if err != nil {
		return err
	}
	_, err = subscriptionschedule.Client{B: p.step(
		OnlyStep, Fill{From: "id"}, Fill{Param: "phases[0][start_date]", From: "phases.0.start_date"},
	)}.Update(PathFill, &stripe.SubscriptionScheduleParams{EndBehavior: new(req.GetPayment().GetDescription())})
	return err
}

// stepRows are its rows, one for each step.
func stepRows() []write {
	const path = "/v1/subscription_schedules/"
	schedule := objectKind{
		subject: "schedule", prefixes: []string{"sub_sched_"},
		get:    func(id string) Request { return Request{Method: http.MethodGet, Path: path + id} },
		decode: func(_ *Gateway, body []byte) (Outcome, error) { return Outcome{}, onlyObject(body) },
	}
	return newSteps(stepMethod, prepareSteps,
		write{
			object: schedule, lookUp: changed(inState("active")), subject: "schedule", subjectPath: path,
			fits: func(r Request) bool { return strings.HasPrefix(r.Path, path) },
		},
		write{
			object: schedule, lookUp: noLookUp, fits: func(r Request) bool { return !strings.HasPrefix(r.Path, path) },
		},
	)
}

func onlyObject(body []byte) error {
	_, err := decodeEnvelope(body)
	return err
}

// answers is a transport that gives these bodies in turn.
type answers struct {
	bodies []string
	came   []string
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	a.came = append(a.came, r.Method+" "+r.URL.Path)
	body := a.bodies[0]
	if len(a.bodies) > 1 {
		a.bodies = a.bodies[1:]
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Request-Id": {"req_1"}}, Body: io.NopCloser(strings.NewReader(body)),
	}, nil
}

// stepGateway knows the rpc of these tests beside all others.
func stepGateway(t *testing.T, transport http.RoundTripper) *Gateway {
	t.Helper()
	key, err := ParseKey("sk_test_1")
	if err != nil {
		t.Fatal(err)
	}
	g, err := New(Config{Key: key, Transport: transport, BackOff: 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	rows := stepRows()
	g.byMethod[stepMethod], g.byRequest[rows[0].request] = rows, rows[0]
	return g
}

func preparedSteps(t *testing.T, g *Gateway) []Step {
	t.Helper()
	req := &paymentsv1.UpdatePaymentRequest{Payment: &paymentsv1.Payment{Description: "release"}}
	steps, err := g.Prepare(req, &paymentsv1.Payment{Id: "sub_1"}, "op_1")
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

// The steps of an rpc are recorded all at once, the later ones with room for what they take from the answer before.
func TestPrepareSteps(t *testing.T) {
	g := stepGateway(t, &answers{})
	want := []Step{
		{Name: "schedule", Request: Request{"POST", "/v1/subscription_schedules", "from_subscription=sub_1"}},
		{
			Name: OnlyStep, Request: Request{"POST", "/v1/subscription_schedules/" + PathFill, "end_behavior=release"},
			Fills: []Fill{{From: "id"}, {Param: "phases[0][start_date]", From: "phases.0.start_date"}},
		},
	}
	if diff := cmp.Diff(want, preparedSteps(t, g)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	req := &paymentsv1.UpdatePaymentRequest{}
	if _, err := g.Prepare(req, nil, "op_1"); apierr.From(err).Reason != paymentsv1.ErrorReason_ERROR_REASON_INVALID_FIELD {
		t.Errorf("without anything read: %v", err)
	}
	if _, err := g.Prepare(req, &paymentsv1.Refund{}, "op_1"); apierr.From(err).Reason != paymentsv1.ErrorReason_ERROR_REASON_INTERNAL {
		t.Errorf("with something else read: %v", err)
	}
}

// Steps that could not be sent one after the other, or would share a key, are a fault of ours.
func TestStepsThatDoNotFit(t *testing.T) {
	request := func(path, form string) *recorder {
		return &recorder{recorded: &Request{Method: "POST", Path: path, Form: form}}
	}
	plain := func(name string) plannedStep { return plannedStep{name: name, rec: request("/v1/a", "")} }
	last := func(path, form string, fills ...Fill) plannedStep {
		return plannedStep{OnlyStep, fills, request(path, form)}
	}
	id := Fill{From: "id"}
	for name, tt := range map[string]struct {
		steps []plannedStep
		fit   bool
	}{
		"one":                         {[]plannedStep{plain(OnlyStep)}, true},
		"two":                         {[]plannedStep{plain("first"), last("/v1/"+PathFill, "", id)}, true},
		"a parameter":                 {[]plannedStep{plain("first"), last("/v1/b", "a=1", Fill{Param: "b", From: "id"})}, true},
		"none":                        {nil, false},
		"not recorded":                {[]plannedStep{{name: OnlyStep, rec: &recorder{}}}, false},
		"the last is another":         {[]plannedStep{plain(OnlyStep), plain("after")}, false},
		"one name twice":              {[]plannedStep{plain("first"), plain("first"), plain(OnlyStep)}, false},
		"no name":                     {[]plannedStep{plain(""), plain(OnlyStep)}, false},
		"the first takes something":   {[]plannedStep{last("/v1/b", "", Fill{Param: "b", From: "id"})}, false},
		"no room in the path":         {[]plannedStep{plain("first"), last("/v1/b", "", id)}, false},
		"nothing for the path":        {[]plannedStep{plain("first"), last("/v1/"+PathFill, "")}, false},
		"two for the path":            {[]plannedStep{plain("first"), last("/v1/"+PathFill, "", id, id)}, false},
		"a parameter that is there":   {[]plannedStep{plain("first"), last("/v1/b", "b=1", Fill{Param: "b", From: "id"})}, false},
		"put in and compared":         {[]plannedStep{plain("first"), last("/v1/b", "", Fill{Param: "b", From: "id", Is: "x"})}, false},
		"compared alone":              {[]plannedStep{plain("first"), last("/v1/b", "", Fill{From: "id", Is: "x"})}, true},
		"from nowhere":                {[]plannedStep{plain("first"), last("/v1/b", "", Fill{Param: "b", From: ""})}, false},
		"a path that lacks something": {[]plannedStep{last("/v1/"+PathFill, "")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := (&plan{tt.steps}).recorded(); (err == nil) != tt.fit {
				t.Errorf("got %v, want that they fit: %t", err, tt.fit)
			}
		})
	}
}

// What a step takes from the answer before is sent as Stripe wrote it; what is not there is no answer that can be read.
func TestFilled(t *testing.T) {
	path, param := Fill{From: "id"}, Fill{Param: "items[0][start]", From: "phases.0.start"}
	for _, tt := range []struct {
		name, body string
		fills      []Fill
		want       Request
	}{
		{"nothing", `<html>`, nil, Request{Path: "/v1/a/" + PathFill, Form: "a=1"}},
		{"a path", `{"id":"sub_1"}`, []Fill{path}, Request{Path: "/v1/a/sub_1", Form: "a=1"}},
		{
			"a number", `{"phases":[{"start":1700000000000000001}]}`,
			[]Fill{param},
			Request{Path: "/v1/a/" + PathFill, Form: "a=1&items[0][start]=1700000000000000001"},
		},
		{
			"a text", `{"phases":[{"start":"a b&c=d"}]}`,
			[]Fill{param},
			Request{Path: "/v1/a/" + PathFill, Form: "a=1&items[0][start]=a+b%26c%3Dd"},
		},
		{
			"a truth value", `{"phases":[{"start":false}]}`,
			[]Fill{param},
			Request{Path: "/v1/a/" + PathFill, Form: "a=1&items[0][start]=false"},
		},
		{"no JSON", `<html>`, []Fill{path}, Request{}},
		{"not there", `{"phases":[]}`, []Fill{param}, Request{}},
		{"null", `{"id":null}`, []Fill{path}, Request{}},
		{"an object", `{"id":{"id":"sub_1"}}`, []Fill{path}, Request{}},
		{"an empty text", `{"phases":[{"start":""}]}`, []Fill{param}, Request{}},
		{"no id", `{"id":"../charges"}`, []Fill{path}, Request{}},
		{
			"as it must be", `{"id":"sub_1","ends":"never"}`,
			[]Fill{path, {From: "ends", Is: "never"}},
			Request{Path: "/v1/a/sub_1", Form: "a=1"},
		},
		{"other than it must be", `{"id":"sub_1","ends":"soon"}`, []Fill{path, {From: "ends", Is: "never"}}, Request{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			given := []Step{{Request: Request{Path: "/v1/a/" + PathFill, Form: "a=1"}, Fills: tt.fills}, {Name: OnlyStep}}
			before := slices.Clone(given)
			got, err := filled(given, []byte(tt.body))
			if (err != nil) != (tt.want == Request{}) {
				t.Fatalf("got %v", err)
			}
			if err == nil && (got[0].Request != tt.want || len(got[0].Fills) > 0 || len(got) != 2) {
				t.Errorf("got %#v with %s", got, got[0].Request.Form)
			}
			if diff := cmp.Diff(before, given); diff != "" {
				t.Errorf("what was given changed:\n%s", diff)
			}
		})
	}
}

// A step's answer fills the next one, whether it was sent or looked up; one that lacks something may have been done.
func TestWriteFillsTheNextStep(t *testing.T) {
	const whole = `{"id":"sub_sched_1","status":"active","phases":[{"start_date":1700000000}]}`
	const lacking = `{"id":"sub_sched_1","status":"active","phases":[]}`
	want := []Step{{Name: OnlyStep, Request: Request{
		"POST", "/v1/subscription_schedules/sub_sched_1", "end_behavior=release&phases[0][start_date]=1700000000",
	}}}
	transport := &answers{bodies: []string{lacking, whole}}
	g := stepGateway(t, transport)
	steps := preparedSteps(t, g)
	sending := Sending{
		Method: stepMethod, Request: steps[0].Request, Next: steps[1:], Key: "tg1-1", OperationID: "op_1", MaxSends: 1,
	}
	first := g.Write(t.Context(), sending)
	if first.Verdict != Uncertain || first.Next != nil ||
		first.Uncertainty != paymentsv1.OperationUncertainty_OPERATION_UNCERTAINTY_UNREADABLE_ANSWER {
		t.Errorf("an answer without the phase: %v, %v", first.Verdict, first.Uncertainty)
	}
	second := g.Write(t.Context(), sending)
	if diff := cmp.Diff(want, second.Next); diff != "" || second.Verdict != Done {
		t.Errorf("%v (-want +got):\n%s", second.Verdict, diff)
	}

	// A step in the middle, which is looked up.
	search := Search{Method: stepMethod, Request: want[0].Request, Next: steps[1:], OperationID: "op_1"}
	found, err := g.LookUp(t.Context(), search)
	if diff := cmp.Diff(want, found.Next); err != nil || diff != "" || found.answer.Body != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	transport.bodies = []string{lacking}
	if found, err = g.LookUp(t.Context(), search); err == nil || found.Found {
		t.Errorf("an object without the phase: %v, found %t", err, found.Found)
	}
}

// A request that lacks something never leaves.
func TestIncompleteRequestIsNotSent(t *testing.T) {
	transport := &answers{bodies: []string{`{"id":"sub_sched_1"}`}}
	g := stepGateway(t, transport)
	last := preparedSteps(t, g)[1]
	result := g.Write(t.Context(), Sending{Method: stepMethod, Request: last.Request, Key: "tg1-1", OperationID: "op_1"})
	if result.Verdict != NotDone || result.Err == nil || len(transport.came) > 0 {
		t.Errorf("it is %v after %v", result.Verdict, transport.came)
	}
	if _, err := g.LookUp(context.Background(), Search{Method: stepMethod, Request: last.Request}); err == nil {
		t.Error("it was looked up")
	}
}

// The result of an rpc of several steps is that of its last step, whichever it is at; of one whose id is not known yet,
// the person's word counts.
func TestReadResultOfSteps(t *testing.T) {
	transport := &answers{bodies: []string{`{"id":"sub_sched_1"}`}}
	g := stepGateway(t, transport)
	steps := preparedSteps(t, g)
	search := Search{Method: stepMethod, Request: steps[0].Request, Next: steps[1:], OperationID: "op_1"}
	if found, err := g.ReadResult(t.Context(), search, "sub_sched_1"); err != nil || !found.Found {
		t.Errorf("got %v", err)
	}
	search.Next = []Step{{Name: OnlyStep, Request: Request{"POST", "/v1/subscription_schedules/sub_sched_2", ""}}}
	if _, err := g.ReadResult(t.Context(), search, "sub_sched_1"); err == nil {
		t.Error("another object than the last step's was read")
	}
}

// Whoever prints steps does not see what is in their forms.
func TestStepsKeepTheirForms(t *testing.T) {
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("steps", "steps", preparedSteps(t, stepGateway(t, &answers{})))
	if strings.Contains(out.String(), "from_subscription=sub_1") {
		t.Errorf("printed: %s", &out)
	}
}
