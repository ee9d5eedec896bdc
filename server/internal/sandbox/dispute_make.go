package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

const (
	// disputeFee is what Stripe keeps for each dispute, 15.00, whoever wins.
	disputeFee = 1500
	// evidenceTime is how long one may answer, to the end of that day; it depends on the network, and is no promise.
	evidenceTime = 20 * day
)

// disputeLater lets the payer dispute a payment that has just succeeded, where the test card or account says so. No
// request causes that, so it happens before the next one.
func (s *Sandbox) disputeLater(c *call, chargeID string, method *paymentMethod) {
	rule := method.disputes()
	if rule == nil {
		return
	}
	s.schedule(c, c.at, func(s *Sandbox, c *call) { s.dispute(c, chargeID, rule) })
}

func (m *paymentMethod) disputes() *disputeRule {
	switch {
	case m.debit != nil && m.debit.disputed:
		return &disputeRule{reason: "debit_not_authorized"}
	case m.debit == nil && m.test != nil:
		return m.test.dispute
	}
	return nil
}

// dispute takes the money of a charge back, or only asks about it.
func (s *Sandbox) dispute(c *call, chargeID string, rule *disputeRule) {
	stored, _ := s.world.charges.get(chargeID)
	pi, _ := s.world.paymentIntents.get(stored.PaymentIntent.id)
	d := &dispute{
		ID: s.ids.object("dp_", c.at), Object: "dispute", Amount: stored.AmountCaptured,
		BalanceTransactions: []*balanceTransaction{}, Charge: ref{id: stored.ID}, Created: c.at.Unix(),
		Currency: stored.Currency, Evidence: emptyEvidence(), IsChargeRefundable: rule.inquiry,
		EvidenceDetails: evidenceDetails{DueBy: c.at.Add(evidenceTime).Truncate(day).Add(day - time.Second).Unix()},
		Metadata:        map[string]string{}, PaymentIntent: stored.PaymentIntent, Reason: rule.reason,
		Status: disputeNeedsResponse,
	}
	if card := stored.PaymentMethodDetails.Card; card != nil {
		d.PaymentMethodDetails = &disputeDetails{
			Card: disputedCard{Brand: card.Brand, NetworkReasonCode: rule.network}, Type: "card",
		}
	}
	ch := stored.copied()
	ch.Dispute, ch.Disputed = ref{id: d.ID}, true
	if rule.inquiry {
		d.Status = disputeWarning
	} else {
		tx := s.bookDispute(c, ch, d, -d.Amount)
		tx.Fee, tx.Net, tx.ReportingCategory = disputeFee, tx.Amount-disputeFee, "dispute"
		tx.FeeDetails = []feeDetail{
			{Amount: disputeFee, Currency: d.Currency, Description: "Dispute fee", Type: "stripe_fee"},
		}
		s.record(c, MovementDispute, pi, ch, d.Amount)
	}
	s.world.charges.put(ch.ID, ch)
	s.world.disputes.put(d.ID, d)
	s.emit(c, "charge.dispute.created", d, nil)
	if !rule.inquiry {
		s.emit(c, "charge.dispute.funds_withdrawn", d, nil)
	}
}

// bookDispute moves the money of a dispute on the balance.
func (s *Sandbox) bookDispute(c *call, ch *charge, d *dispute, amount int64) *balanceTransaction {
	tx := s.newBalanceTransaction(c, ch, amount, d.ID)
	tx.Description, tx.Type = nullString("Chargeback withdrawal for "+ch.ID), "adjustment"
	d.BalanceTransactions = append(slices.Clip(d.BalanceTransactions), tx)
	return tx
}

// closeDispute ends a dispute: the money comes back only where it is won. It says why it can not.
func (s *Sandbox) closeDispute(c *call, old *dispute, status string) error {
	ends := []string{disputeWon, disputeLost}
	if old.Status == disputeWarning {
		ends = []string{disputeWarningClosed}
	} else if old.Status != disputeNeedsResponse {
		return fmt.Errorf("the dispute has ended already: %s", old.Status)
	}
	if !slices.Contains(ends, status) {
		return fmt.Errorf("status: %q is none of %v", status, ends)
	}
	stored, _ := s.world.charges.get(old.Charge.id)
	pi, _ := s.world.paymentIntents.get(old.PaymentIntent.id)
	next := *old
	next.Status = status
	if status == disputeWon {
		tx := s.bookDispute(c, stored, &next, next.Amount)
		tx.Description, tx.ReportingCategory = nullString("Chargeback reversal for "+stored.ID), "dispute_reversal"
		next.IsChargeRefundable = true
		s.record(c, MovementDisputeReversed, pi, stored, next.Amount)
	}
	s.world.disputes.put(next.ID, &next)
	s.emit(c, "charge.dispute.closed", &next, nil)
	if status == disputeWon {
		s.emit(c, "charge.dispute.funds_reinstated", &next, nil)
	}
	return nil
}

func (s *Sandbox) controlCloseDispute(r *http.Request, id string) answer {
	var request struct {
		Status string `json:"status"`
	}
	if err := decodeControl(r, &request); err != nil {
		return controlError(http.StatusBadRequest, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{at: s.now()}
	s.catchUp(c.at)
	d, known := s.world.disputes.get(id)
	if !known {
		return controlError(http.StatusNotFound, fmt.Errorf("no dispute %s", id))
	}
	s.enterCharge(c, d.Charge.id)
	if err := s.closeDispute(c, d, request.Status); err != nil {
		return controlError(http.StatusBadRequest, err)
	}
	closed, _ := s.world.disputes.get(id)
	return controlAnswer(http.StatusOK, s.expanded(closed, nil))
}
