package operation

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// What a sealed value is for. It is part of the seal, so that none can stand in the place of another.
const (
	hashPurpose       = "operation/request"
	parametersPurpose = "operation/parameters"
	outcomePurpose    = "operation/outcome"
	// These are for the object's id, and shared with eventlog, which opens them.
	eventPurpose  = "event/resource"
	objectPurpose = "object/resource"
)

// record is a step as it is stored: all that it takes to send the same bytes again. The first holds those that follow it.
type record struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Form   string `json:"form"`
	// Name is empty for the only step, or the last one.
	Name  string `json:"name,omitempty"`
	Fills []fill `json:"fills,omitempty"`
	// Next are the steps that follow, and Done the names of those that were done before.
	Next []record `json:"next,omitempty"`
	Done []string `json:"done,omitempty"`
}

// fill is a stripegw.Fill.
type fill struct {
	Param string `json:"param,omitempty"`
	From  string `json:"from"`
	Is    string `json:"is,omitempty"`
}

func recordOf(step stripegw.Step) record {
	r := record{Method: step.Request.Method, Path: step.Request.Path, Form: step.Request.Form}
	if step.Name != stripegw.OnlyStep {
		r.Name = step.Name
	}
	for _, f := range step.Fills {
		r.Fills = append(r.Fills, fill(f))
	}
	return r
}

func (r record) step() stripegw.Step {
	step := stripegw.Step{
		Name: cmp.Or(r.Name, stripegw.OnlyStep), Request: stripegw.Request{Method: r.Method, Path: r.Path, Form: r.Form},
	}
	for _, f := range r.Fills {
		step.Fills = append(step.Fills, stripegw.Fill(f))
	}
	return step
}

// sealHash hides the hash of a request: who sees it could try what the request may have held, such as numbers of accounts.
func (r *Runner) sealHash(w *write) []byte {
	return r.keys.Seal(hashPurpose, w.operationID, slices.Concat(w.hash, w.details))
}

// isAnother is whether an operation began with another request than that of the hash, or of the hash that it begins with.
// Where that can not be opened, nobody can tell.
func (r *Runner) isAnother(op store.Operation, hash []byte) bool {
	began, err := r.keys.Open(hashPurpose, op.ID, op.RequestHash)
	return err == nil && !bytes.HasPrefix(began, hash)
}

func (r *Runner) sealCourse(operationID string, c course) ([]byte, error) {
	stored := recordOf(c.now)
	stored.Done = c.done
	for _, step := range c.next {
		stored.Next = append(stored.Next, recordOf(step))
	}
	data, err := json.Marshal(stored)
	if err != nil {
		return nil, internal("a request can not be encoded")
	}
	return r.keys.Seal(parametersPurpose, operationID, data), nil
}

func (r *Runner) openCourse(op store.Operation) (course, error) {
	data, err := r.keys.Open(parametersPurpose, op.ID, op.Parameters)
	if err != nil {
		return course{}, fmt.Errorf("open the parameters: %w", err)
	}
	var stored record
	if err := json.Unmarshal(data, &stored); err != nil {
		return course{}, fmt.Errorf("read the parameters: %w", err)
	}
	c := course{now: stored.step(), done: stored.Done}
	for _, next := range stored.Next {
		c.next = append(c.next, next.step())
	}
	return c, nil
}

// ending is how an operation is written down that ended as the result says.
func (r *Runner) ending(op store.Operation, key string, result stripegw.Result) (store.Finish, error) {
	f := store.Finish{
		ID: op.ID, Attempt: op.Attempt, State: store.Abandoned, StripeRequestIDs: result.StripeRequestIDs,
	}
	if result.Verdict == stripegw.NotDone {
		return f, nil
	}
	var answer []byte
	var err error
	if result.Err != nil {
		refusal := apierr.From(result.Err)
		f.State, f.Reason = store.Failed, int32(refusal.Reason)
		answer, err = apierr.Encode(refusal)
	} else {
		f.State = store.Succeeded
		answer, err = encodeResource(result.Outcome.Resource)
	}
	if err != nil {
		return store.Finish{}, fmt.Errorf("encode the outcome: %w", err)
	}
	f.Outcome = r.keys.Seal(outcomePurpose, op.ID, answer)
	f.ObjectID = objectIDOf(result.Outcome.Resource)
	if err := r.tell(&f, op, key, result); err != nil {
		return store.Finish{}, fmt.Errorf("encode the event: %w", err)
	}
	return f, nil
}

// stored is the answer of an operation that succeeded or failed.
func (r *Runner) stored(op store.Operation) (Outcome, error) {
	answer, err := r.keys.Open(outcomePurpose, op.ID, op.Outcome)
	if err != nil {
		return Outcome{}, internal("a stored outcome can not be opened: is its seal key in the file?")
	}
	if op.State == store.Failed {
		refusal, err := apierr.Decode(answer)
		if err != nil {
			return Outcome{}, internal("a stored refusal can not be read")
		}
		return Outcome{}, refusal
	}
	resource, err := decodeResource(answer)
	if err != nil {
		return Outcome{}, internal("a stored resource can not be read")
	}
	return Outcome{Resource: resource, Replayed: true}, nil
}

// encodeResource keeps the type beside the bytes, so that they can be read back without knowing the rpc.
func encodeResource(resource proto.Message) ([]byte, error) {
	packed, err := anypb.New(resource)
	if err != nil {
		return nil, err
	}
	return proto.Marshal(packed)
}

func decodeResource(data []byte) (proto.Message, error) {
	var packed anypb.Any
	if err := proto.Unmarshal(data, &packed); err != nil {
		return nil, err
	}
	return packed.UnmarshalNew()
}
