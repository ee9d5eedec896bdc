package sandbox

import (
	"maps"
	"slices"
)

// undo gives a way back to the world as it is now: a change that must be paid at once or not happen at all leaves
// nothing behind, no invoice and no event (spec3.json, payment_behavior, error_if_incomplete). Objects are replaced and
// never changed in place, so it is enough to remember which they were.
func (s *Sandbox) undo() func() {
	was := s.world
	was.paymentIntents, was.setupIntents = was.paymentIntents.copied(), was.setupIntents.copied()
	was.mandates, was.charges, was.refunds = was.mandates.copied(), was.charges.copied(), was.refunds.copied()
	was.customers, was.tokens = was.customers.copied(), was.tokens.copied()
	was.paymentMethods = was.paymentMethods.copied()
	was.balanceTransactions = was.balanceTransactions.copied()
	was.products, was.prices = was.products.copied(), was.prices.copied()
	was.testClocks, was.schedules = was.testClocks.copied(), was.schedules.copied()
	was.subscriptions, was.invoices = was.subscriptions.copied(), was.invoices.copied()
	was.invoiceItems, was.events = was.invoiceItems.copied(), was.events.copied()
	was.ledger, was.agendas = slices.Clone(was.ledger), map[string]agenda{}
	for clock, all := range s.world.agendas {
		was.agendas[clock] = slices.Clone(all)
	}
	return func() { s.world = was }
}

func (t *table[T]) copied() table[T] {
	return table[T]{rows: slices.Clone(t.rows), dropped: t.dropped, place: maps.Clone(t.place)}
}
