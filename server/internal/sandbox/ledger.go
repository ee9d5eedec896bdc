package sandbox

import (
	"slices"
	"time"
)

// Movement is how money moved.
type Movement string

// Movements that the endpoints here make. A decline moves nothing, so it is no movement.
const (
	// MovementCharge takes an amount at once.
	MovementCharge Movement = "charge"
	// MovementAuthorize holds an amount that a capture may take later.
	MovementAuthorize Movement = "authorize"
)

// LedgerEntry is one movement of money, with the request that caused it. The ledger is the judge of every test about
// money, so it is never cut; only a reset empties it.
type LedgerEntry struct {
	Type           Movement  `json:"type"`
	Amount         int64     `json:"amount"`
	Currency       string    `json:"currency"`
	PaymentIntent  string    `json:"payment_intent"`
	Charge         string    `json:"charge"`
	IdempotencyKey string    `json:"idempotency_key"` // empty when the request had none
	Operation      string    `json:"operation"`       // metadata[tillgate_operation] of the payment
	RequestID      string    `json:"request_id"`
	Time           time.Time `json:"time"`
}

func (s *Sandbox) record(c *call, how Movement, pi *paymentIntent, ch *charge) {
	s.world.ledger = append(s.world.ledger, LedgerEntry{
		Type: how, Amount: ch.Amount, Currency: ch.Currency, PaymentIntent: pi.ID, Charge: ch.ID, IdempotencyKey: c.key,
		Operation: pi.Metadata["tillgate_operation"], RequestID: c.requestID, Time: c.at,
	})
}

// Ledger gives every movement of money since the last reset, oldest first.
func (s *Sandbox) Ledger() []LedgerEntry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.world.ledger)
}
