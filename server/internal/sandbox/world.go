package sandbox

// world is everything that the imitated account holds. The caller holds the sandbox's lock.
type world struct {
	paymentIntents      table[paymentIntent]
	setupIntents        table[setupIntent]
	mandates            table[mandate]
	charges             table[charge]
	refunds             table[refund]
	disputes            table[dispute]
	customers           table[customer]
	tokens              table[token]
	paymentMethods      table[paymentMethod]
	balanceTransactions table[balanceTransaction]
	products            table[product]
	prices              table[price]
	testClocks          table[testClock]
	subscriptions       table[subscription]
	schedules           table[subscriptionSchedule]
	invoices            table[invoice]
	invoiceItems        table[invoiceItem]
	events              table[event]
	endpoints           table[webhookEndpoint]
	outbox              outbox
	agendas             map[string]agenda // what time brings about, by test clock; "" is the sandbox's own
	advancing           []string          // the test clocks that go, since the last request
	ledger              []LedgerEntry
	dunningEnd          string // what becomes of a subscription that nobody pays for; empty means canceled
	atOnce              int    // webhooks side by side, per endpoint; 0 means as the Config says
}
