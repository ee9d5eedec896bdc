package webhook

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// answer is what a request ends with. The result stands in the metrics and the log, the words are for whoever asked.
type answer struct {
	status        int
	result, words string
}

// The answers. Stripe takes 200 for done, and sends again after all others.
var (
	stored      = answer{status: http.StatusOK, result: "stored"}
	known       = answer{status: http.StatusOK, result: "known"}
	quarantined = answer{status: http.StatusOK, result: "quarantined"}
	unreadable  = answer{status: http.StatusOK, result: "unreadable"}

	noSignature   = answer{http.StatusBadRequest, "no_signature", "there is no Stripe-Signature"}
	badHeader     = answer{http.StatusBadRequest, "bad_header", "the Stripe-Signature can not be read"}
	badSignature  = answer{http.StatusBadRequest, "bad_signature", "the signature is wrong"}
	retiredSecret = answer{http.StatusBadRequest, "retired_secret", "the signature is wrong"}
	tooOld        = answer{http.StatusBadRequest, "too_old", "it was signed too long ago"}
	tooNew        = answer{http.StatusBadRequest, "too_new", "it was signed in the future"}
	cutShort      = answer{http.StatusBadRequest, "cut_short", "the body did not come to its end"}
	wrongPath     = answer{http.StatusNotFound, "wrong_path", "there is nothing here"}
	wrongMethod   = answer{http.StatusMethodNotAllowed, "wrong_method", "only POST is served here"}
	tooLarge      = answer{http.StatusRequestEntityTooLarge, "too_large", "the body is larger than 1 MiB"}
	wrongType     = answer{http.StatusUnsupportedMediaType, "wrong_type", "the body must be application/json"}
	encoded       = answer{http.StatusUnsupportedMediaType, "encoded", "the body must have no Content-Encoding"}

	failed  = answer{http.StatusInternalServerError, "failed", "something went wrong"}
	notKept = answer{http.StatusServiceUnavailable, "not_kept", "it could not be stored; send it again"}
	tooMuch = answer{http.StatusServiceUnavailable, "too_much", "there is too much to do; send it again"}
	answers = []answer{
		stored, known, quarantined, unreadable, noSignature, badHeader, badSignature, retiredSecret, tooOld, tooNew, cutShort,
		wrongPath, wrongMethod, tooLarge, wrongType, encoded, failed, notKept, tooMuch,
	}
)

// write sends the answer. Whoever was refused loses the connection, so that nothing of the body is read to keep it, and
// nobody holds one open who is not Stripe.
func (a answer) write(w http.ResponseWriter) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("X-Content-Type-Options", "nosniff")
	body := []byte("{}\n")
	if a.status != http.StatusOK {
		body, _ = json.Marshal(map[string]string{"error": a.words}) // it is a constant
		body = append(body, '\n')
	}
	switch a.status {
	case http.StatusOK:
	case http.StatusServiceUnavailable:
		header.Set("Retry-After", "1")
	case http.StatusMethodNotAllowed:
		header.Set("Allow", http.MethodPost)
		header.Set("Connection", "close")
	default:
		header.Set("Connection", "close")
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(body) // it fails only where the asker has gone
}

// lines writes a line for a request, but not for every one of a flood: whoever can reach us must not fill the disk.
type lines struct {
	logger  *slog.Logger
	level   slog.Level
	limit   *rate.Limiter
	skipped atomic.Int64
}

const (
	linesBurst = 10
	linesEvery = 2 * time.Second
)

func newLines(logger *slog.Logger, level slog.Level) *lines {
	return &lines{logger: logger, level: level, limit: rate.NewLimiter(rate.Every(linesEvery), linesBurst)}
}

func (l *lines) write(ctx context.Context, now time.Time, message string, r *http.Request, attrs ...slog.Attr) {
	if !l.limit.AllowN(now, 1) {
		l.skipped.Add(1)
		return
	}
	// The port says nothing, and behind a proxy the address is the proxy's.
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	attrs = append(attrs, slog.String("from", host))
	if skipped := l.skipped.Swap(0); skipped > 0 {
		attrs = append(attrs, slog.Int64("lines_left_out", skipped))
	}
	l.logger.LogAttrs(ctx, l.level, message, attrs...)
}
