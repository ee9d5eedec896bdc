package sandbox

import (
	"slices"
	"time"
)

// Movement is how money moved.
type Movement string

// The movements. A decline moves nothing, so it is no movement.
const (
	// MovementCharge takes an amount at once; a bank debit takes it when it has settled.
	MovementCharge Movement = "charge"
	// MovementAuthorize holds an amount that a capture may take later.
	MovementAuthorize Movement = "authorize"
	// MovementCapture takes what was held, or a part of it.
	MovementCapture Movement = "capture"
	// MovementRelease gives up what was held and not captured. The customer never paid it.
	MovementRelease Movement = "release"
	// MovementRefund gives back what was taken. It counts from the request on, also while the refund is pending.
	MovementRefund Movement = "refund"
	// MovementRefundFailed takes back a refund that did not arrive.
	MovementRefundFailed Movement = "refund_failed"
	// MovementRefundCanceled takes back a refund that was canceled.
	MovementRefundCanceled Movement = "refund_canceled"
	// MovementDispute gives back what was taken, because the payer disputes it.
	MovementDispute Movement = "dispute"
	// MovementDisputeReversed takes it again, since the dispute was won.
	MovementDisputeReversed Movement = "dispute_reversed"
)

// LedgerEntry is one movement of money, with the request that caused it. The ledger is the judge of every test about
// money, so it is never cut; only a reset empties it.
type LedgerEntry struct {
	Type           Movement  `json:"type"`
	Amount         int64     `json:"amount"` // never negative
	Currency       string    `json:"currency"`
	PaymentIntent  string    `json:"payment_intent"`
	Charge         string    `json:"charge"`
	Refund         string    `json:"refund"`          // empty unless it is about one
	IdempotencyKey string    `json:"idempotency_key"` // empty when the request had none, or the clock was the cause
	Operation      string    `json:"operation"`       // metadata[tillgate_operation] of the request, else of the payment
	RequestID      string    `json:"request_id"`
	Time           time.Time `json:"time"`
}

// Paid is what the movement adds to what the customer has paid: the sum over a payment's entries is its net amount.
func (e LedgerEntry) Paid() int64 {
	switch e.Type {
	case MovementCharge, MovementCapture, MovementRefundFailed, MovementRefundCanceled, MovementDisputeReversed:
		return e.Amount
	case MovementRefund, MovementDispute:
		return -e.Amount
	default:
		return 0
	}
}

func (s *Sandbox) record(c *call, how Movement, pi *paymentIntent, ch *charge, amount int64) {
	s.world.ledger = append(s.world.ledger, LedgerEntry{
		Type: how, Amount: amount, Currency: ch.Currency, PaymentIntent: pi.ID, Charge: ch.ID, IdempotencyKey: c.key,
		Operation: orElse(c.text("metadata", operationKey), pi.Metadata[operationKey]), RequestID: c.requestID, Time: c.at,
	})
}

// recordRefund is record for what a refund moves.
func (s *Sandbox) recordRefund(c *call, how Movement, pi *paymentIntent, ch *charge, re *refund) {
	s.record(c, how, pi, ch, re.Amount)
	entry := &s.world.ledger[len(s.world.ledger)-1]
	entry.Refund = re.ID
	entry.Operation = orElse(re.Metadata[operationKey], entry.Operation)
}

const operationKey = "tillgate_operation"

// Ledger gives every movement of money since the last reset, oldest first.
func (s *Sandbox) Ledger() []LedgerEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp(s.now())
	return slices.Clone(s.world.ledger)
}
