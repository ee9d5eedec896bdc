package service

import (
	"google.golang.org/protobuf/proto"

	"github.com/tillgate/tillgate/server/internal/apierr"
	"github.com/tillgate/tillgate/server/internal/pagetoken"
)

const (
	// defaultPageSize is that of a caller who asks for none.
	defaultPageSize = 20
	// maxPageSize is also Stripe's.
	maxPageSize = 100
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
