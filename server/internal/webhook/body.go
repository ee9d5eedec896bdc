package webhook

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

const (
	// maxBody is far above what Stripe sends.
	maxBody = 1 << 20
	// smallBody is above most of what Stripe sends. Of the bodies that are larger only maxLarge are held at once, so that
	// many connections that send much and prove nothing can not fill the memory.
	smallBody = 64 << 10
	maxLarge  = 64
	// firstRead is what memory a request gets for the length that it merely claims.
	firstRead = 8 << 10
)

// body is the memory for one, which is used again.
type body struct {
	data  bytes.Buffer
	large bool
}

// read takes in a whole body.
func (b *body) read(w http.ResponseWriter, r *http.Request, large chan struct{}) (answer, bool) {
	reader := http.MaxBytesReader(w, r.Body, maxBody)
	b.data.Grow(int(min(max(r.ContentLength, bytes.MinRead), firstRead)) + bytes.MinRead)
	_, err := b.data.ReadFrom(io.LimitReader(reader, smallBody))
	if err == nil && b.data.Len() == smallBody {
		select {
		case large <- struct{}{}:
			b.large = true
		default:
			return tooMuch, true
		}
		_, err = b.data.ReadFrom(reader)
	}
	switch {
	case err == nil:
		return answer{}, false
	case isTooLarge(err):
		return tooLarge, true
	default:
		return cutShort, true
	}
}

func isTooLarge(err error) bool {
	_, ok := errors.AsType[*http.MaxBytesError](err)
	return ok
}

// giveBack keeps the memory of a small body for the next one.
func (h *Handler) giveBack(b *body) {
	if b.large {
		<-h.large
		return
	}
	b.data.Reset()
	h.bodies.Put(b)
}
