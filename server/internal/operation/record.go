package operation

import (
	"bytes"
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
	eventPurpose      = "event/resource"
)

// record is a request to Stripe as it is stored: all that it takes to send the same bytes again.
type record struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Form   string `json:"form"`
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

func (r *Runner) sealRequest(operationID string, request stripegw.Request) ([]byte, error) {
	data, err := json.Marshal(record(request))
	if err != nil {
		return nil, internal("a request can not be encoded")
	}
	return r.keys.Seal(parametersPurpose, operationID, data), nil
}

func (r *Runner) openRequest(op store.Operation) (stripegw.Request, error) {
	data, err := r.keys.Open(parametersPurpose, op.ID, op.Parameters)
	if err != nil {
		return stripegw.Request{}, fmt.Errorf("open the parameters: %w", err)
	}
	var stored record
	if err := json.Unmarshal(data, &stored); err != nil {
		return stripegw.Request{}, fmt.Errorf("read the parameters: %w", err)
	}
	return stripegw.Request(stored), nil
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
	if f.Events, err = r.events(op, key, result); err != nil {
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
