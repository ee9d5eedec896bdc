package sandbox

// world is everything that the imitated account holds. The caller holds the sandbox's lock.
type world struct {
	paymentIntents      table[paymentIntent]
	setupIntents        table[setupIntent]
	mandates            table[mandate]
	charges             table[charge]
	refunds             table[refund]
	customers           table[customer]
	tokens              table[token]
	paymentMethods      table[paymentMethod]
	balanceTransactions table[balanceTransaction]
	events              table[event]
	agenda              []appointment // what the clock brings about, soonest first
	ledger              []LedgerEntry
}
