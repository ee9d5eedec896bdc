package auth

import (
	"context"
	"crypto/sha256"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/apierr"
)

// longestWait is how long expiry is waited for without a look at the clock, which may have been set.
const longestWait = time.Minute

// hold is a call that lasts, and whose right is looked at for as long as it does.
type hold struct {
	tokens *Tokens
	digest [sha256.Size]byte
	caller string
	scope  paymentsv1.Scope
	end    context.CancelCauseFunc
	// expiry is nil for a credential that has none.
	expiry *time.Timer
}

// Hold returns a context for a call that may outlast its credential, such as a stream. It is cancelled, with an
// *apierr.Error as its cause, when the credential expires, when Replace takes it away or gives it to another caller, and
// when its caller loses the scope. Where one of these is so already, it is cancelled from the beginning. The caller is the
// one of WithCaller, where there is one. Whoever calls Hold must call the function that it returns when the call is over.
func (t *Tokens) Hold(
	ctx context.Context, authorization []string, scope paymentsv1.Scope,
) (context.Context, context.CancelFunc) {
	ctx, end := context.WithCancelCause(ctx)
	digest, err := digestOf(authorization)
	if err != nil {
		end(invalid(err))
		return ctx, func() {}
	}
	h := &hold{tokens: t, digest: digest, scope: scope, end: end}

	t.changing.Lock()
	defer t.changing.Unlock()
	// The token may have become another's since it was looked at.
	if h.caller = CallerFrom(ctx).Name; h.caller == "" {
		if caller, err := t.authenticate(digest); err == nil {
			h.caller = caller.Name
		}
	}
	t.holds[h] = struct{}{}
	h.check()
	return ctx, h.leave
}

// check ends the call where its right has ended, and else waits for its expiry. The lock is held.
func (h *hold) check() {
	caller, err := h.tokens.authenticate(h.digest)
	switch {
	case err != nil:
		h.stop(invalid(err))
		return
	case caller.Name != h.caller:
		h.stop(invalid(ErrUnknownToken))
		return
	case !caller.Has(h.scope):
		h.stop(apierr.ScopeMissing(h.scope))
		return
	}
	if h.expiry != nil {
		h.expiry.Stop()
		h.expiry = nil
	}
	if !caller.Expires.IsZero() {
		// What is left is more than nothing: the caller has just been let in.
		h.expiry = time.AfterFunc(min(longestWait, caller.Expires.Sub(h.tokens.now())), h.look)
	}
}

// look is what the timer calls.
func (h *hold) look() {
	h.tokens.changing.Lock()
	defer h.tokens.changing.Unlock()
	if _, held := h.tokens.holds[h]; held {
		h.check()
	}
}

// leave is for the end of the call.
func (h *hold) leave() {
	h.tokens.changing.Lock()
	defer h.tokens.changing.Unlock()
	h.stop(context.Canceled)
}

// stop lets go. The lock is held.
func (h *hold) stop(cause error) {
	h.end(cause)
	delete(h.tokens.holds, h)
	if h.expiry != nil {
		h.expiry.Stop()
	}
}

func invalid(cause error) error {
	return apierr.New(paymentsv1.ErrorReason_ERROR_REASON_CREDENTIALS_INVALID).WithCause(cause)
}
