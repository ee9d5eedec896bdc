package proof_test

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/tillgate/tillgate/server/internal/sandbox"
)

// truth is what Stripe knows, whatever anybody was told.
type truth struct {
	// moved are the movements of money by the key that caused them; what was released by the way is left out.
	moved map[string][]sandbox.LedgerEntry
	// ofPayment are the same by payment.
	ofPayment map[string][]sandbox.LedgerEntry
	// made are the payments by the operation that made them; status is that of each payment.
	made   map[string][]string
	status map[string]string
}

// money is the ledger alone.
func (h *history) money() truth {
	is := truth{moved: map[string][]sandbox.LedgerEntry{}, ofPayment: map[string][]sandbox.LedgerEntry{}}
	for _, e := range h.stripe.Ledger() {
		if e.IdempotencyKey == "" || e.Type == sandbox.MovementRelease {
			continue
		}
		is.moved[e.IdempotencyKey] = append(is.moved[e.IdempotencyKey], e)
		is.ofPayment[e.PaymentIntent] = append(is.ofPayment[e.PaymentIntent], e)
	}
	return is
}

// look asks Stripe for everything. Its faults do not count meanwhile.
func (h *history) look() truth {
	faults := h.stripe.Faults()
	h.stripe.ClearFaults()
	defer func() {
		for _, f := range faults {
			f.Fired = 0 // it is output only
			if err := h.stripe.AddFault(f); err != nil {
				h.t.Error(err)
			}
		}
	}()
	is := h.money()
	is.made, is.status = map[string][]string{}, map[string]string{}
	query := "?limit=100"
	for query != "" {
		req, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, "http://stripe.test/v1/payment_intents"+query, nil)
		if err != nil {
			h.t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer sk_test_judge")
		resp, err := h.stripe.RoundTrip(req)
		if err != nil {
			h.t.Fatal(err)
		}
		var page struct {
			Data []struct {
				ID, Status string
				Metadata   map[string]string
			}
			HasMore bool `json:"has_more"`
		}
		body, err := io.ReadAll(resp.Body)
		if err == nil {
			err = json.Unmarshal(body, &page)
		}
		if err != nil || resp.StatusCode != http.StatusOK {
			h.t.Fatalf("status %d, %v", resp.StatusCode, err)
		}
		for _, p := range page.Data {
			is.status[p.ID] = p.Status
			is.made[p.Metadata["tillgate_operation"]] = append(is.made[p.Metadata["tillgate_operation"]], p.ID)
			query = "?limit=100&starting_after=" + p.ID
		}
		if !page.HasMore {
			query = ""
		}
	}
	return is
}

// sum counts the movements of a payment of these kinds.
func (is truth) sum(payment string, kinds ...sandbox.Movement) int {
	n := 0
	for _, e := range is.ofPayment[payment] {
		for _, kind := range kinds {
			if e.Type == kind {
				n++
			}
		}
	}
	return n
}
