package proof_test

// stripeMutants are the guards on the way to Stripe.
var stripeMutants = []mutant{
	{
		name: "the transport repeats nothing unseen",
		file: "stripegw/send.go", old: `keyHeader = "idempotency-key"`, new: `keyHeader = "Idempotency-Key"`,
		run: "M11|M56",
	},
	{
		name: "a write has a key",
		file: "stripegw/send.go", old: "case r.isWrite() && !usableKey(key):", new: "case r.isWrite() && len(key) > maxKey:",
		run: "TestSendRefusesWriteWithoutKey|M40",
	},
	{
		name: "a send that did nothing says nothing of those before it",
		file: "stripegw/sending.go", old: "if row.verdict == NotDone && earlier && a.met != metKeyReused {", new: "if row.verdict == NotDone && earlier && r.Sends < 0 {",
		run: "TestVerdictsAfterUnknown|FuzzVerdict",
	},
	{
		name: "three sends and no more",
		file: "stripegw/sending.go", old: "const maxSends = 3", new: "const maxSends = 4",
		run: "F12",
	},
	{
		name: "a DELETE goes out once",
		file: "stripegw/sending.go", old: "if s.Request.Method == http.MethodDelete {", new: "if s.Request.Method == http.MethodPatch {",
		run: ".",
	},
	{
		name: "each further send is asked for",
		file: "stripegw/sending.go", old: "if s.BeforeSend != nil && s.BeforeSend(ctx) != nil || ctx.Err() != nil {", new: "if ctx.Err() != nil {",
		run: ".",
	},
	{
		name: "a rate limit is no answer",
		file: "stripegw/verdict.go", old: "metRateLimit: {verdict: NotDone,", new: "metRateLimit: {verdict: Done,",
		run: "TestVerdicts",
	},
	{
		name: "a lock is no answer",
		file: "stripegw/verdict.go", old: "metLock:    {verdict: NotDone,", new: "metLock:    {verdict: Done,",
		run: "TestVerdicts",
	},
	{
		name: "a key of another request is not told as done",
		file: "stripegw/verdict.go", old: "metKeyReused: {verdict: NotDone}", new: "metKeyReused: {verdict: Done}",
		run: "TestVerdicts",
	},
	{
		name: "an answer that can not be read says nothing",
		file: "stripegw/verdict.go", old: "case said.Type == \"\":\n\t\treturn metUnreadable", new: "case said.Type == \"\":\n\t\treturn metRefusal",
		run: "TestVerdicts",
	},
	{
		name: "a failure of Stripe's is not sent again",
		file: "stripegw/verdict.go", old: "OPERATION_UNCERTAINTY_STRIPE_FAILURE, heeds: true,\n\t},\n\t// stripe-go repeats every 503.",
		new: "OPERATION_UNCERTAINTY_STRIPE_FAILURE, heeds: true, again: true,\n\t},\n\t// stripe-go repeats every 503.",
		run: "TestVerdicts|TestShouldRetry",
	},
	{
		name: "only what found no connection was not sent",
		file: "stripegw/send.go", old: "return c.wanted.Load() && !c.got.Load()", new: "return c.wanted.Load()",
		run: ".",
	},
	{
		name: "a look-up finds its own",
		file: "stripegw/lookup_created.go", old: "if item.operation() == s.OperationID {", new: "if item.operation() != \"\" {",
		run: "LookUp",
	},
	{
		name: "a look-up that can not see everything says so",
		file: "stripegw/lookup_created.go", old: "return found, internal(errTooMany)", new: "return found, nil",
		run: "LookUp",
	},
	{
		name: "a capture is known by its amount",
		file: "stripegw/lookup_state.go", old: `return amount == "" || amount ==`, new: `return amount != "-" || amount ==`,
		run: "TestCaptured|LookUp",
	},
	{
		name: "an update is known by every parameter",
		file: "stripegw/lookup_update.go", old: "case !sameValue(valueAt(object, path), values[0]):\n\t\t\treturn false", new: "case !sameValue(valueAt(object, path), values[0]):\n\t\t\tcontinue",
		run: "TestStands|LookUp",
	},
	{
		name: "a person's word is not taken for another operation's object",
		file: "stripegw/lookup_result.go", old: "ours := maker.operation() == s.OperationID ||", new: "ours := maker.operation() != \"\" ||",
		run: "TestReadResult",
	},
}

// serviceMutants are the guards around them.
var serviceMutants = []mutant{
	{
		name: "what is sealed stands in its place",
		file: "seal/seal.go", old: "return append(b, id...)", new: "return b",
		run: "Test",
	},
	{
		name: "what is sealed serves its purpose",
		file: "seal/seal.go", old: "\tb = append(b, purpose...)\n", new: "",
		run: "Test",
	},
	{
		name: "an answer that is not Stripe's is no refusal",
		file: "apierr/stripe.go", old: `case e.Type == "" || e.Type == "api_error":`, new: `case e.Type == "api_error":`,
		run: "Test",
	},
	{
		name: "a 402 is a decline, whatever its code",
		file: "apierr/stripe.go", old: "if e.HTTPStatus == http.StatusPaymentRequired {", new: "if e.HTTPStatus == http.StatusTeapot {",
		run: "Test",
	},
	{
		name: "a part is of the payment's currency",
		file: "service/currency.go", old: "case !strings.EqualFold(", new: "case req == nil && !strings.EqualFold(",
		run: "TestAmountsInAnotherCurrency",
	},
	{
		name: "a caller needs the scope",
		file: "interceptor/authorize.go", old: "if !caller.Has(scope) {", new: "if !caller.Has(scope) && scope == 0 {",
		run: "A03",
	},
	{
		name: "handlers get what is valid",
		file: "interceptor/chain.go", old: "\t\tvalidate(c.Validator),\n", new: "",
		run: "Test",
	},
	{
		name: "another request has another hash",
		file: "canonical/canonical.go", old: "sha256.Sum256(Append(nil, m.ProtoReflect(), except...))", new: "sha256.Sum256(Append(nil, m.ProtoReflect().New(), except...))",
		run: "Test",
	},
}
