package sandbox

// world is everything that the imitated account holds. The caller holds the sandbox's lock.
type world struct {
	paymentIntents      map[string]*paymentIntent
	charges             map[string]*charge
	paymentMethods      map[string]*paymentMethod
	balanceTransactions map[string]*balanceTransaction
	ledger              []LedgerEntry
}

func newWorld() world {
	return world{
		paymentIntents:      map[string]*paymentIntent{},
		charges:             map[string]*charge{},
		paymentMethods:      map[string]*paymentMethod{},
		balanceTransactions: map[string]*balanceTransaction{},
	}
}
