package service

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/pagetoken"
)

const (
	// defaultPageSize is that of a caller who asks for none.
	defaultPageSize = 20
	// maxPageSize is also Stripe's.
	maxPageSize = 100
	// maxPageBytes keeps a page below the 4 MiB that gRPC clients take by default, although 49 pairs of metadata can make
	// one item 100 KB.
	maxPageBytes = 3 << 20
)

// listRequest is the request of any list.
type listRequest interface {
	proto.Message
	GetPageSize() int32
	GetPageToken() string
}

// pageSize is how many items a caller may get. Negative ones do not come so far.
func pageSize(req listRequest) int {
	if req.GetPageSize() == 0 {
		return defaultPageSize
	}
	return min(int(req.GetPageSize()), maxPageSize)
}

// fitting is how many of the first items make a page that a client can take: at least one.
func fitting[T proto.Message](items []T) int {
	bytes := 0
	for i, item := range items {
		if bytes += proto.Size(item); bytes > maxPageBytes && i > 0 {
			return i
		}
	}
	return len(items)
}

// startAfter is the id behind which the page begins, empty for the first page.
func startAfter(req listRequest) (string, error) {
	if req.GetPageToken() == "" {
		return "", nil
	}
	after, err := pagetoken.Decode(req.GetPageToken(), req)
	if err != nil {
		return "", apierr.InvalidField("page_token",
			"is not a token of this rpc for these arguments; leave it empty to begin anew")
	}
	return after, nil
}

// page reads the page that a request asks for, and the token of the next one.
func page[R listRequest, T interface {
	proto.Message
	GetId() string
}](
	ctx context.Context, req R,
	read func(ctx context.Context, req R, after string, limit int) (items []T, more bool, err error),
) (items []T, next string, err error) {
	after, err := startAfter(req)
	if err != nil {
		return nil, "", err
	}
	items, more, err := read(ctx, req, after, pageSize(req))
	if err != nil {
		return nil, "", err
	}
	if n := fitting(items); n < len(items) {
		items, more = items[:n], true
	}
	if more && len(items) > 0 {
		next = pagetoken.Encode(items[len(items)-1].GetId(), req)
	}
	return items, next, nil
}
