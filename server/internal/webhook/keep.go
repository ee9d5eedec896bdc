package webhook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"time"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// sealPurpose is that of the body of a delivery; the id is the delivery's.
const sealPurpose = "delivery/body"

// keep stores a signed body under its event's id.
func (h *Handler) keep(r *http.Request, body []byte) answer {
	d := h.delivery(body)
	// Stripe may hang up while we write. What is under way then is finished all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), patience)
	defer cancel()
	select {
	case h.inFlight <- struct{}{}:
	case <-ctx.Done():
		h.failures.write(ctx, h.now(), "a webhook waited in vain for the store; Stripe will send it again", r)
		return tooMuch
	}
	d.Body = h.config.Keys.Seal(sealPurpose, d.ID, body)

	begin := time.Now() // not the clock of the signatures, which tests set
	type end struct {
		fresh bool
		err   error
	}
	ended := make(chan end, 1)
	go func() {
		defer func() { <-h.inFlight }()
		fresh, err := h.config.Store.Receive(ctx, d)
		ended <- end{fresh, err}
	}()
	var got end
	select {
	case got = <-ended:
	case <-ctx.Done(): // A disk that hangs obeys no context.
		got.err = ctx.Err()
	}
	h.metrics.tookToStore(time.Since(begin))
	if got.err != nil {
		h.failures.write(ctx, h.now(), "a webhook could not be stored; Stripe will send it again", r,
			slog.String("error", got.err.Error()))
		return notKept
	}
	h.metrics.stored.SetToCurrentTime()
	return h.told(ctx, r, d, got.fresh)
}

// told is the answer to what is stored now.
func (h *Handler) told(ctx context.Context, r *http.Request, d store.Delivery, fresh bool) answer {
	if !fresh {
		return known
	}
	switch d.State {
	case store.DeliveryQuarantined:
		h.refusals.write(ctx, h.now(), "a webhook is quarantined: it is of another mode or account than ours", r,
			slog.String("event", d.ID), slog.Bool("livemode", d.Livemode))
		return quarantined
	case store.DeliveryDead:
		h.failures.write(ctx, h.now(), "a signed webhook can not be read; see: server events dead-letters", r,
			slog.String("event", d.ID))
		return unreadable
	case store.DeliveryWaiting, store.DeliveryDone:
	}
	h.config.Wake()
	return stored
}

// delivery is what is kept of a signed body, but for the body: under which id, and whether eventlog may have it.
func (h *Handler) delivery(body []byte) store.Delivery {
	e, err := stripegw.DecodeEvent(body)
	d := store.Delivery{
		ID: e.ID, State: store.DeliveryWaiting, Kind: e.Type, ObjectID: e.ObjectID, APIVersion: e.APIVersion,
		Account: e.Account, Livemode: e.Livemode, Created: e.Created,
	}
	if d.ID == "" {
		// There is nothing that two deliveries of it would share but all of it.
		digest := sha256.Sum256(body)
		d.ID = "sha256_" + hex.EncodeToString(digest[:])
	}
	switch {
	case errors.Is(err, stripegw.ErrMalformed): // It is no event, so that what it says of a mode means nothing.
		unreadableDelivery(&d)
	case d.Livemode != h.config.Live:
		d.State, d.Cause = store.DeliveryQuarantined, int32(paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_MODE)
	case d.Account != "" && d.Account != h.config.Account:
		d.State, d.Cause = store.DeliveryQuarantined, int32(paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_WRONG_ACCOUNT)
	case err != nil: // Behind the two above: who tries it again must not apply what is not ours.
		unreadableDelivery(&d)
	}
	return d
}

// unreadableDelivery sets what can not be read aside. It is of no object: what is of the one that it names must not wait
// for it.
func unreadableDelivery(d *store.Delivery) {
	d.State, d.Cause = store.DeliveryDead, int32(paymentsv1.DeadLetterCause_DEAD_LETTER_CAUSE_UNREADABLE)
	d.ObjectID = ""
}
