package sandbox

import (
	"net/http"
	"time"
)

// balanceTransaction is Stripe's object for money that moved on the account.
type balanceTransaction struct {
	ID                string      `json:"id"`
	Object            string      `json:"object"`
	Amount            int64       `json:"amount"`
	AvailableOn       int64       `json:"available_on"`
	Created           int64       `json:"created"`
	Currency          string      `json:"currency"`
	Description       nullString  `json:"description"`
	ExchangeRate      null        `json:"exchange_rate"`
	Fee               int64       `json:"fee"`
	FeeDetails        []feeDetail `json:"fee_details"`
	Net               int64       `json:"net"`
	ReportingCategory string      `json:"reporting_category"`
	Source            ref         `json:"source"`
	Status            string      `json:"status"`
	Type              string      `json:"type"`

	clock string // the test clock whose time counts
}

type feeDetail struct {
	Amount      int64  `json:"amount"`
	Application null   `json:"application"`
	Currency    string `json:"currency"`
	Description string `json:"description"`
	Type        string `json:"type"`
}

// settle books a captured charge: Stripe's standard fee of 2.9 % and 30, and the money there after two days. The
// sandbox settles in the currency of the charge.
func (s *Sandbox) settle(c *call, ch *charge) {
	const perMille, fixed = 29, 30
	fee := min((ch.AmountCaptured*perMille+500)/1000+fixed, ch.AmountCaptured)
	tx := s.newBalanceTransaction(c, ch, ch.AmountCaptured, ch.ID)
	tx.Fee, tx.Net, tx.Description = fee, ch.AmountCaptured-fee, ch.Description
	tx.FeeDetails = []feeDetail{
		{Amount: fee, Currency: ch.Currency, Description: "Stripe processing fees", Type: "stripe_fee"},
	}
	tx.ReportingCategory, tx.Type = "charge", "charge"
	if ch.isDebit() {
		tx.Type = "payment"
	}
	ch.BalanceTransaction = ref{id: tx.ID}
}

// newBalanceTransaction books an amount without fees. The caller names its type.
func (s *Sandbox) newBalanceTransaction(c *call, ch *charge, amount int64, source string) *balanceTransaction {
	const toBank = 48 * time.Hour
	tx := &balanceTransaction{
		ID: s.ids.payment("txn_", stemOf(ch.ID)), Object: "balance_transaction", Amount: amount,
		AvailableOn: c.at.Add(toBank).Truncate(24 * time.Hour).Unix(), Created: c.at.Unix(), Currency: ch.Currency,
		FeeDetails: []feeDetail{}, Net: amount, Source: ref{id: source}, Status: "pending",
		clock: c.clock,
	}
	s.world.balanceTransactions.put(tx.ID, tx)
	return tx
}

func (s *Sandbox) getBalanceTransaction(c *call) (any, *failure) {
	tx, ok := s.world.balanceTransactions.get(c.id)
	if !ok {
		return nil, missing(http.StatusNotFound, "balance_transaction", c.id, "id")
	}
	return tx, nil
}

// statusAt is pending until the money is there.
func (t *balanceTransaction) statusAt(now time.Time) string {
	if now.Unix() < t.AvailableOn {
		return "pending"
	}
	return "available"
}
