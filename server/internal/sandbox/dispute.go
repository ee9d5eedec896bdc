package sandbox

import "net/http"

// Statuses of a dispute (spec3.json). One that begins as a warning is an inquiry of the bank: no money has moved.
const (
	disputeNeedsResponse = "needs_response"
	disputeWarning       = "warning_needs_response"
	disputeWarningClosed = "warning_closed"
	disputeWon           = "won"
	disputeLost          = "lost"
)

// dispute is Stripe's object for a payment that the payer's bank takes back, its properties in Stripe's order. The
// sandbox takes no evidence: POST /_sandbox/disputes/{id}/close says how it ends.
type dispute struct {
	ID                   string                `json:"id"`
	Object               string                `json:"object"`
	Amount               int64                 `json:"amount"`
	BalanceTransactions  []*balanceTransaction `json:"balance_transactions"`
	Charge               ref                   `json:"charge"`
	Created              int64                 `json:"created"`
	Currency             string                `json:"currency"`
	Evidence             map[string]null       `json:"evidence"`
	EvidenceDetails      evidenceDetails       `json:"evidence_details"`
	IsChargeRefundable   bool                  `json:"is_charge_refundable"`
	Livemode             bool                  `json:"livemode"`
	Metadata             map[string]string     `json:"metadata"`
	PaymentIntent        ref                   `json:"payment_intent"`
	PaymentMethodDetails *disputeDetails       `json:"payment_method_details,omitempty"` // cards only
	Reason               string                `json:"reason"`
	Status               string                `json:"status"`
}

type evidenceDetails struct {
	DueBy           int64 `json:"due_by"`
	HasEvidence     bool  `json:"has_evidence"`
	PastDue         bool  `json:"past_due"`
	SubmissionCount int   `json:"submission_count"`
}

type disputeDetails struct {
	Card disputedCard `json:"card"`
	Type string       `json:"type"`
}

type disputedCard struct {
	Brand             string     `json:"brand"`
	NetworkReasonCode nullString `json:"network_reason_code"`
}

func (d *dispute) identity() string { return d.ID }

// disputeRule is how the payments of a test card or account are disputed.
type disputeRule struct {
	reason  string
	network nullString // the reason in the words of the card network
	inquiry bool
}

// disputeCards are those of docs.stripe.com/testing, disputes.
var disputeCards = map[string]testCard{
	"pm_card_createDispute": {last4: "0259", dispute: &disputeRule{reason: "fraudulent", network: "10.4"}},
	"pm_card_createDisputeProductNotReceived": {
		last4: "2685", dispute: &disputeRule{reason: "product_not_received", network: "13.1"},
	},
	"pm_card_createDisputeInquiry": {
		last4: "1976", dispute: &disputeRule{reason: "fraudulent", network: "10.4", inquiry: true},
	},
}

var disputeRoutes = []route{
	{http.MethodGet, "/v1/disputes", "list of dispute", disputeListShape, checkList, (*Sandbox).listDisputes},
	{http.MethodGet, "/v1/disputes/{id}", "dispute", getShape, nil, (*Sandbox).getDispute},
}

var disputeListShape = listShape(field{name: "charge", max: 5000}, field{name: "payment_intent", max: 5000})

func (s *Sandbox) getDispute(c *call) (any, *failure) {
	d, ok := s.world.disputes.get(c.id)
	if !ok {
		return nil, missing(http.StatusNotFound, "dispute", c.id, "dispute")
	}
	return d, nil
}

func (s *Sandbox) listDisputes(c *call) (any, *failure) {
	if f := s.checkReferences(c); f != nil {
		return nil, f
	}
	ch, intent := c.text("charge"), c.text("payment_intent")
	return pageOf(c, &s.world.disputes, "dispute", func(d *dispute) bool {
		return c.within(d.Created) && (ch == "" || d.Charge.id == ch) && (intent == "" || d.PaymentIntent.id == intent)
	})
}

func (s *Sandbox) expandedDispute(d *dispute, below map[string][]string) *dispute {
	snapshot := *d
	s.expandRef(&snapshot.Charge, below["charge"])
	s.expandRef(&snapshot.PaymentIntent, below["payment_intent"])
	snapshot.BalanceTransactions = make([]*balanceTransaction, len(d.BalanceTransactions))
	for i, tx := range d.BalanceTransactions {
		shown := *tx
		shown.Status = tx.statusAt(s.timeOf(tx.clock))
		snapshot.BalanceTransactions[i] = &shown
	}
	return &snapshot
}

// emptyEvidence has every property of the evidence, all null.
func emptyEvidence() map[string]null {
	evidence := map[string]null{}
	for _, name := range []string{
		"access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
		"cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
		"customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
		"duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
		"refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
		"shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
	} {
		evidence[name] = null{}
	}
	return evidence
}
