package stripegw

import (
	"context"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// objectField is the field by which a person names an object.
const objectField = "object_id"

// ReadResult reads the result of a write by a person's word: the object of the type that the rpc makes or changes, as
// Stripe has it now, without a client secret. It is INVALID_FIELD on `object_id` where there is no such object, where
// it is of another type or another than the request was for, and where what the rpc creates does not say that this
// operation made it. The request may be missing: then it is not compared. Its other errors are those of GetPayment.
// What was declined is found with that refusal, as by LookUp. An object that only an event told of is the result of what
// creates, and of nothing else: Stripe tells also of tries that failed.
func (g *Gateway) ReadResult(ctx context.Context, s Search, objectID string) (Finding, error) {
	rows := g.byMethod[s.Method]
	if len(rows) == 0 {
		return Finding{}, internal(apierr.ConstError("no write is " + s.Method))
	}
	s.Request, s.Next = lastRequest(s.Request, s.Next), nil
	// An rpc for objects of several kinds is told by what was sent, or else by the id.
	w, ok := g.rowOf(s.Method, s.Request)
	if s.Request.Path == "" {
		w, ok = g.rowWhere(s.Method, func(w write) bool { return w.object.hasID(objectID) })
	}
	if !ok {
		w = rows[0]
	}
	if s.Told && !w.creates() {
		return Finding{}, nil
	}
	kind := w.object.noun()
	if !w.object.hasID(objectID) {
		return Finding{}, apierr.InvalidField(objectField, "is no id of a "+kind)
	}
	// What is sent to another kind of object, such as a subscription's schedule, does not name the one that it was for.
	if subject := w.subjectOf(s.Request, s.OperationID); w.object.hasID(subject.ID) && subject.ID != objectID {
		return Finding{}, apierr.InvalidField(objectField, "is not the "+kind+" that the operation was for")
	}
	answer, err := g.exchange(ctx, w.object.get(objectID), apierr.Subject{Type: w.object.subject, ID: objectID})
	if err != nil {
		if apierr.From(err).Reason == paymentsv1.ErrorReason_ERROR_REASON_RESOURCE_MISSING {
			return Finding{}, apierr.InvalidField(objectField, "names a "+kind+" that does not exist")
		}
		return Finding{}, err
	}
	outcome, err := w.object.resource(ctx, g, answer)
	if err != nil {
		return Finding{}, err
	}
	if w.creates() {
		maker, err := decodeEnvelope(answer.Body)
		if err == nil && maker.Deleted {
			return Finding{}, apierr.InvalidField(objectField, "names a deleted "+kind+", which no longer says who made it")
		}
		// All that we create says so in its metadata.
		ours := maker.operation() == s.OperationID || w.forReference && maker.operation() != ""
		if err != nil || !ours {
			return Finding{}, apierr.InvalidField(objectField, "names a "+kind+" that this operation did not make")
		}
	}
	if w.deletes && !deleted(nil, answer.Body) {
		return Finding{}, apierr.InvalidField(objectField, "names a "+kind+" that is not deleted")
	}
	finding := Finding{Found: true, Outcome: outcome}
	if w.confirms != nil && w.confirms(s.Request) {
		if latest, err := decodeTry(answer.Body); err == nil {
			finding.Err = w.refusal(s, latest, answer)
		}
	}
	return finding, nil
}
