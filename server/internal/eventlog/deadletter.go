package eventlog

import (
	"context"
	"errors"
	"math"
	"strings"

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
		return nil, p.notDead(ctx, id)
	case err != nil:
		return nil, storeFailure(ctx, err)
	}
	p.Wake()
	return deadLetterOf(letter), nil
}

// quarantined is what is said in place of the usual sentence of what is in quarantine, by why it is.
var quarantined = map[paymentsv1.DeadLetterCause]string{
	paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_MODE: "it is in quarantine, and never applied: " +
		"it is of the live mode and the server of the test mode, or the other way round",
	paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_ACCOUNT: "it is in quarantine, and never applied: " +
		"it is of another Stripe account than the server's",
}

// quarantinePage is how much of the quarantine is read at once.
const quarantinePage = 500

// notDead says why what is no dead letter can not be tried again.
func (p *Projector) notDead(ctx context.Context, id string) error {
	unexpected := apierr.New(paymentsv1.ErrorReason_ERROR_REASON_UNEXPECTED_STATE)
	for after := ""; ; {
		letters, err := p.log.DeadLetters(ctx, true, after, quarantinePage)
		if err != nil {
			return unexpected // That it can not be tried again is sure without it.
		}
		for _, letter := range letters {
			cause := paymentsv1.DeadLetterCause(letter.Cause)
			if sentence, known := quarantined[cause]; letter.ID == id && known {
				unexpected.Message = sentence
				return unexpected.WithMetadata("cause", strings.TrimPrefix(cause.String(), "DEAD_LETTER_CAUSE_"))
			}
			after = letter.ID
		}
		if len(letters) < quarantinePage {
			return unexpected
		}
	}
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
