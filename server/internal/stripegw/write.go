package stripegw

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// write is how one rpc that changes something speaks to Stripe. All of it but prepare needs no more than the recorded
// Request, so that an answer can still be understood long after the rpc has ended.
type write struct {
	// method is the full name of the rpc.
	method string
	// request is the name of its request message.
	request protoreflect.FullName
	// prepare calls stripe-go on a recorder of the plan for each step. on is what the write acts on, where that was read.
	prepare func(p *plan, req, on proto.Message, operationID string) error
	// fits is whether a recorded request is a step of this row, where an rpc has several; nil where the subjectPath says so.
	fits func(r Request) bool
	// object is what the rpc, or this step of it, makes or changes.
	object objectKind
	// lookUp finds out what an uncertain write did. No row is without: noLookUp says that it can not be found out.
	lookUp lookUp
	// fields translates Stripe's parameters into fields of the request message.
	fields paramFields
	// place says which field it is of what was recorded, where the place of one of these hangs on that; nil where none does.
	place func(r Request, field string) string
	// subject is the type of the object in the path, for example `payment`, and subjectPath what stands before its id;
	// both are empty for a create.
	subject, subjectPath string
	// stateParam names the object whose state Stripe refuses without a code; see apierr.Subject.
	stateParam string
	// confirms is whether a recorded request asks Stripe to collect a payment or to save a method; nil if none of this
	// rpc does.
	confirms func(r Request) bool
	// deletes is whether it leaves no more of the object than a tombstone.
	deletes bool
	// forReference is whether another operation may have made what this one was to make: one of before the store was lost.
	forReference bool
}

// creates is whether the rpc makes an object: then there is none in the path.
func (w write) creates() bool { return w.subject == "" }

// newWrite is a write of the rpc with the request message M, which is one request to Stripe.
func newWrite[M proto.Message](
	method string, prepare func(r *recorder, req M, operationID string) error, rest write,
) write {
	one := func(p *plan, req M, _ proto.Message, operationID string) error {
		return prepare(p.step(OnlyStep), req, operationID)
	}
	return newSteps(method, one, rest)[0]
}

// indexWrites returns the table by rpc and by request message. An rpc that acts on objects of several kinds, or in several
// steps, has a row for each; its rows prepare alike.
func indexWrites() (map[string][]write, map[protoreflect.FullName]write) {
	byMethod, byRequest := map[string][]write{}, map[protoreflect.FullName]write{}
	for _, w := range writes() {
		byMethod[w.method] = append(byMethod[w.method], w)
		byRequest[w.request] = w
	}
	return byMethod, byRequest
}

// rowOf is the row of an rpc for what was recorded: the one that says that it fits, or whose object stands in the path,
// where there are several.
func (g *Gateway) rowOf(method string, r Request) (write, bool) {
	return g.rowWhere(method, func(w write) bool {
		if w.fits != nil {
			return w.fits(r)
		}
		return strings.HasPrefix(r.Path, w.subjectPath)
	})
}

// rowWhere is the only row of an rpc, or the first that fits.
func (g *Gateway) rowWhere(method string, fits func(w write) bool) (write, bool) {
	rows := g.byMethod[method]
	if len(rows) == 1 {
		return rows[0], true
	}
	if i := slices.IndexFunc(rows, fits); i >= 0 {
		return rows[i], true
	}
	return write{}, false
}

// Prepare says what to send for a request message of an rpc that changes something, step by step. on is what the write
// acts on, for an rpc that needs it; nil where nothing was read. The same messages and operation id give the same bytes in
// every process of this build. operationID is required: it goes into the metadata of what is created, so that a lost
// answer can be looked up. Nothing is sent. Its errors are apierr.Error, INVALID_FIELD for what Stripe would surely refuse
// and INTERNAL for a fault of ours.
func (g *Gateway) Prepare(req, on proto.Message, operationID string) ([]Step, error) {
	name := req.ProtoReflect().Descriptor().FullName()
	w, ok := g.byRequest[name]
	if !ok {
		return nil, internal(apierr.ConstError("no write takes " + string(name)))
	}
	if operationID == "" {
		return nil, internal(apierr.ConstError("a write without an operation id"))
	}
	var p plan
	if err := w.prepare(&p, req, on, operationID); err != nil {
		if ours, ok := errors.AsType[*apierr.Error](err); ok {
			return nil, ours
		}
		return nil, internal(err)
	}
	steps, err := p.recorded()
	if err != nil {
		return nil, internal(err)
	}
	return steps, nil
}

// named is the error with the field of ours that it is about.
func (w write) named(e apierr.StripeError, r Request) apierr.StripeError {
	if e = w.fields.named(e); w.place != nil {
		e.Field = w.place(r, e.Field)
	}
	return e
}

// subjectOf reads back what a recorded request is about.
func (w write) subjectOf(r Request, operationID string) apierr.Subject {
	subject := apierr.Subject{
		Write: true, OperationID: operationID, StateParam: w.stateParam, Confirms: w.confirms != nil && w.confirms(r),
		Type: w.object.subject,
	}
	rest, ok := strings.CutPrefix(r.Path, w.subjectPath)
	if w.subject == "" || !ok {
		return subject
	}
	escaped, _, _ := strings.Cut(rest, "/")
	// stripe-go escapes ids in paths as in queries (FormatURLPath in stripe.go).
	if id, err := url.QueryUnescape(escaped); err == nil && id != PathFill {
		subject.ID = id
	}
	return subject
}

func internal(cause error) *apierr.Error {
	return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_INTERNAL).WithCause(cause)
}
