package proof_test

// lives are enough of them to meet what these mutants do wrong.
var lives = []string{"-seeds", "150"}

// billingMutants are the guards of what was not paid.
var billingMutants = []mutant{
	{
		name: "a change waits for its payment",
		file: "stripegw/plan_change.go", old: `return "pending_if_incomplete"`, new: `return "allow_incomplete"`,
		in: "proof", run: "TestAccessIsPaidFor$", args: lives,
	},
	{
		name: "a change that can not wait for its payment is not made without it",
		file: "stripegw/plan_change.go", old: `return "error_if_incomplete"`, new: `return "allow_incomplete"`,
		also: []change{{"stripegw/plan_change.go", "case holdsBack(on) && !items.removes:", "case holdsBack(on) && on == nil:"}},
		in:   "proof", run: "TestAccessIsPaidFor$", args: lives,
	},
	{
		name: "a change that can not wait for its payment is refused",
		file: "service/plan_change_reads.go", old: "case cause != \"\" && due.GetMinorUnits() > 0:",
		new: "case cause != \"\" && due.GetMinorUnits() < 0:",
		in:  "proof", run: "TestAccessIsPaidFor$", args: lives,
	},
	{
		name: "what a bank works on is not paid",
		file: "stripegw/subscription_access.go", old: "return grace(paymentsv1.AccessReason_ACCESS_REASON_PAYMENT_PROCESSING)",
		new: "return allowed(paymentsv1.AccessReason_ACCESS_REASON_PAID)",
		in:  "proof", run: "TestAccessIsPaidFor$", args: lives,
	},
	{
		name: "an open invoice is not paid",
		file: "stripegw/subscription_access.go", old: "case asks: //", new: "case asks && pastDue: //",
		in: "proof", run: "TestAccessIsPaidFor$", args: lives,
	},
	{
		name: "a first invoice that is not paid gives nothing",
		file: "stripegw/subscription_access.go", old: "return blocked(paymentsv1.AccessReason_ACCESS_REASON_FIRST_PAYMENT_MISSING)",
		new: "return allowed(paymentsv1.AccessReason_ACCESS_REASON_PAID)",
		in:  "proof", run: "TestAccessIsPaidFor$", args: lives,
	},
	{
		name: "a preview is of what the change sends",
		file: "stripegw/preview.go", old: `SubscriptionProrationBehavior: new("always_invoice"),`,
		new: `SubscriptionProrationBehavior: new("create_prorations"),`,
		in:  "proof", run: "TestPreviewInvoiceAndOracleAgree$", args: lives,
	},
}
