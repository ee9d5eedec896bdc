package stripegw

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/stripe/stripe-go/v76"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

// listAnswer is one page of a list of Stripe's, https://docs.stripe.com/api/pagination.
type listAnswer struct {
	Data    []json.RawMessage `json:"data"`
	HasMore *bool             `json:"has_more"`
}

// readPage reads one page, whose items decode reads one by one. All of it must be understood: an item that was passed
// over would be lost to whoever pages on behind it.
func readPage[T any](
	ctx context.Context, g *Gateway, r Request, fields paramFields, decode func(body []byte) (T, error),
) (items []T, more bool, err error) {
	answer, err := g.Send(ctx, r, "")
	if err != nil {
		return nil, false, readError(ctx, err, fields, apierr.Subject{})
	}
	items, more, err = decodePage(answer.Body, decode)
	if err != nil {
		answer.Body = nil
		return nil, false, readError(ctx, &SendError{Answer: answer, cause: err}, nil, apierr.Subject{})
	}
	return items, more, nil
}

func decodePage[T any](body []byte, decode func(body []byte) (T, error)) (items []T, more bool, err error) {
	var list listAnswer
	if json.Unmarshal(body, &list) != nil || list.Data == nil || list.HasMore == nil {
		return nil, false, errUnreadable
	}
	// Behind no item nobody can page on.
	if *list.HasMore && len(list.Data) == 0 {
		return nil, false, errUnreadable
	}
	items = make([]T, 0, len(list.Data))
	for _, raw := range list.Data {
		item, err := decode(raw)
		if err != nil {
			return nil, false, err
		}
		items = append(items, item)
	}
	return items, *list.HasMore, nil
}

// listParams asks for one page behind the item with the id `after`; empty for the first page.
func listParams(after string, limit int) stripe.ListParams {
	return stripe.ListParams{Single: true, Limit: new(int64(limit)), StartingAfter: given(after)}
}

// addTime adds a filter on the time of creation where there is one. stripe-go has typed params for it, which leave the
// second 0 out, and with it the filter.
func addTime(params *stripe.ListParams, operator string, at *timestamppb.Timestamp) {
	if at == nil {
		return
	}
	params.Filters.AddFilter("created", operator, strconv.FormatInt(max(at.GetSeconds(), 0), 10))
}
