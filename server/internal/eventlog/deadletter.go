package eventlog

import (
	"context"
	"errors"
	"math"

	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/store"
)

// deadLetterType is what a dead letter is called in errors.
const deadLetterType = "dead letter"

// DeadLetters lists up to limit dead letters, or what is quarantined, the oldest first, from behind the one with the id
// `after` on. Its errors are apierr.Error: INVALID_FIELD of page_token where there is no `after` any more, or
// STORE_UNAVAILABLE.
func (p *Projector) DeadLetters(
	ctx context.Context, quarantined bool, after string, limit int,
) ([]*paymentsv1.DeadLetter, error) {
	letters, err := p.log.DeadLetters(ctx, quarantined, after, limit)
	if errors.Is(err, store.ErrNotFound) {
		return nil, apierr.InvalidField("page_token", "it is no page of these arguments any more: begin anew")
	}
	if err != nil {
		return nil, storeFailure(ctx, err)
	}
	messages := make([]*paymentsv1.DeadLetter, 0, len(letters))
	for _, letter := range letters {
		messages = append(messages, deadLetterOf(letter))
	}
	return messages, nil
}

// RetryDeadLetter has a dead letter tried again, and what waits behind it. It returns the dead letter as it was. Its
// errors are apierr.Error: RESOURCE_MISSING, UNEXPECTED_STATE where it is quarantined or no dead letter any more, or
// STORE_UNAVAILABLE.
func (p *Projector) RetryDeadLetter(ctx context.Context, id string) (*paymentsv1.DeadLetter, error) {
	letter, err := p.log.Revive(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, apierr.ResourceMissing(deadLetterType, id)
	case errors.Is(err, store.ErrFenced):
		return nil, apierr.New(paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE)
	case err != nil:
		return nil, storeFailure(ctx, err)
	}
	p.Wake()
	return deadLetterOf(letter), nil
}

// storeFailure is what a caller hears where the store has failed.
func storeFailure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return apierr.StoreUnavailable(err)
}

func deadLetterOf(d store.DeadLetter) *paymentsv1.DeadLetter {
	return &paymentsv1.DeadLetter{
		Id: d.ID, RawType: d.Kind, ObjectId: d.ObjectID, Cause: paymentsv1.DeadLetterCause(d.Cause),
		Tries: count32(d.Tries), ApiVersion: d.APIVersion, Livemode: d.Livemode, Account: d.Account,
		ReceiveTime: timestamppb.New(d.ReceiveTime), UpdateTime: timestamppb.New(d.UpdateTime), Blocked: count32(d.Blocked),
	}
}

// count32 is a count as the API has it.
func count32(n int) int32 { return int32(min(n, math.MaxInt32)) } //nolint:gosec // It is cut just here.
