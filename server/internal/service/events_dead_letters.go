package service

import (
	"context"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/pagetoken"
)

// DeadLetters are what Stripe sent and could not be published.
type DeadLetters interface {
	// DeadLetters returns up to limit of them, or what is quarantined, the oldest first, from behind the one with the id
	// `after` on.
	DeadLetters(ctx context.Context, quarantined bool, after string, limit int) ([]*paymentsv1.DeadLetter, error)
	// RetryDeadLetter tries one again and returns it as it was; or RESOURCE_MISSING, or UNEXPECTED_STATE.
	RetryDeadLetter(ctx context.Context, id string) (*paymentsv1.DeadLetter, error)
}

// ListDeadLetters implements EventService.
func (s *Events) ListDeadLetters(
	ctx context.Context, req *paymentsv1.ListDeadLettersRequest,
) (*paymentsv1.ListDeadLettersResponse, error) {
	after, err := startAfter(req)
	if err != nil {
		return nil, err
	}

	limit := pageSize(req)
	letters, err := s.letters.DeadLetters(ctx, req.GetQuarantined(), after, limit+1)
	if err != nil {
		return nil, err
	}

	response := &paymentsv1.ListDeadLettersResponse{DeadLetters: letters}
	if len(letters) > limit {
		response.DeadLetters = letters[:limit]
		response.NextPageToken = pagetoken.Encode(letters[limit-1].GetId(), req)
	}
	return response, nil
}

// RetryDeadLetter implements EventService.
func (s *Events) RetryDeadLetter(
	ctx context.Context, req *paymentsv1.RetryDeadLetterRequest,
) (*paymentsv1.RetryDeadLetterResponse, error) {
	letter, err := s.letters.RetryDeadLetter(ctx, req.GetDeadLetterId())
	if err != nil {
		return nil, err
	}
	return &paymentsv1.RetryDeadLetterResponse{DeadLetter: letter}, nil
}
