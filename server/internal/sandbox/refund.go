package sandbox

import "time"

// Statuses of a refund (docs.stripe.com/refunds).
const (
	refundPending        = "pending"
	refundRequiresAction = "requires_action"
	refundSucceeded      = "succeeded"
	refundFailed         = "failed"
	refundCanceled       = "canceled"
)

// refund is Stripe's object, its properties in Stripe's order; those that say omitempty are there only when they apply.
type refund struct {
	ID                        string              `json:"id"`
	Object                    string              `json:"object"`
	Amount                    int64               `json:"amount"`
	BalanceTransaction        ref                 `json:"balance_transaction"`
	Charge                    ref                 `json:"charge"`
	Created                   int64               `json:"created"`
	Currency                  string              `json:"currency"`
	DestinationDetails        *destinationDetails `json:"destination_details,omitempty"`
	FailureBalanceTransaction *ref                `json:"failure_balance_transaction,omitempty"`
	FailureReason             string              `json:"failure_reason,omitempty"`
	InstructionsEmail         string              `json:"instructions_email,omitempty"`
	Metadata                  map[string]string   `json:"metadata"`
	NextAction                *refundAction       `json:"next_action,omitempty"`
	PaymentIntent             ref                 `json:"payment_intent"`
	Reason                    nullString          `json:"reason"`
	ReceiptNumber             null                `json:"receipt_number"`
	SourceTransferReversal    null                `json:"source_transfer_reversal"`
	Status                    string              `json:"status"`
	TransferReversal          null                `json:"transfer_reversal"`
}

type destinationDetails struct {
	Card *refundedCard `json:"card,omitempty"`
	Type string        `json:"type"`
}

// refundedCard says how money went back to a card: as a refund, or as the reversal of what was never captured.
type refundedCard struct {
	ReferenceStatus string `json:"reference_status,omitempty"`
	ReferenceType   string `json:"reference_type,omitempty"`
	Type            string `json:"type"`
}

// refundAction asks the customer where the money shall go (docs.stripe.com/refunds, requires_action).
type refundAction struct {
	DisplayDetails refundInstructions `json:"display_details"`
	Type           string             `json:"type"`
}

type refundInstructions struct {
	EmailSent emailSent `json:"email_sent"`
	ExpiresAt int64     `json:"expires_at"`
}

type emailSent struct {
	EmailSentAt int64  `json:"email_sent_at"`
	EmailSentTo string `json:"email_sent_to"`
}

// refundRule is what becomes of the refunds of a test card.
type refundRule int

const (
	refundsAtOnce refundRule = iota
	refundsLater             // pending, and succeeded after a while
	refundsFail              // succeeded, and failed after a while
)

// refundDelay is how long the two cards take.
const refundDelay = 3 * time.Minute

// refundCards are those of docs.stripe.com/testing, refunds.
var refundCards = map[string]testCard{
	"pm_card_pendingRefund": {last4: "7726", refund: refundsLater},
	"pm_card_refundFail":    {last4: "5126", refund: refundsFail},
}
