package proof_test

// operationMutants are the guards of the machine.
var operationMutants = []mutant{
	{
		name: "a first send needs the lease",
		file: "operation/write.go", old: "if !held.valid() {", new: "if !held.valid() && r.store == nil {",
		run: "TestM28_StandsStill",
	},
	{
		name: "a lease that is over is not taken up again",
		file: "operation/hold.go", old: "\tif !h.valid() {\n\t\treturn errStoodStill\n\t}\n", new: "",
		run: "TestM28_EndedLease",
	},
	{
		name: "what is too old is not sent, in a simulation",
		file: "operation/recovery.go", old: "!op.NeverSend && op.Age < r.window", new: "!op.NeverSend",
		in: "proof", run: "F4_Simulation", args: []string{"-seeds", "50"},
	},
	{
		name: "a further send counts in the store, under the attempt",
		file: "operation/hold.go", old: "switch err := h.extend(ctx, 1); {", new: "switch err := error(nil); {",
		run: ".",
	},
	{
		name: "a lease is renewed while a send takes long",
		file: "operation/hold.go", old: "renewEvery = lease / 3", new: "renewEvery = lease * 3",
		run: "TestLeaseIsRenewed|M27",
	},
	{
		name: "what is too old is not sent",
		file: "operation/recovery.go", old: "!op.NeverSend && op.Age < r.window", new: "!op.NeverSend",
		run: "M30",
	},
	{
		name: "a failure that Stripe keeps is not asked for again",
		file: "operation/recovery.go", old: "!op.NeverSend && op.Age < r.window", new: "op.Age < r.window",
		run: "TestM14_FailureThat",
	},
	{
		name: "recovery sends only what is its own",
		file: "operation/recovery.go", old: "\tcase err != nil:\n\t\treturn // It is not ours", new: "\tcase err != nil && op.ID == \"\":\n\t\treturn // It is not ours",
		run: "TestM27_Rec",
	},
	{
		name: "recovery sends once in a step",
		file: "operation/recovery.go", old: "OperationID: op.ID, MaxSends: 1,", new: "OperationID: op.ID, MaxSends: 3,",
		run: "M13M16",
	},
	{
		name: "recovery does not take what an earlier send may have done for undone",
		file: "operation/recovery.go", old: "case stripegw.Done:\n\t\tr.end(ctx, op, held, c, result)\n\t\treturn\n\tcase stripegw.NotDone:",
		new: "case stripegw.Done, stripegw.NotDone:\n\t\tr.end(ctx, op, held, c, result)\n\t\treturn\n\tcase 0:",
		run: ".",
	},
	{
		name: "no look-up makes a failure of what it does not find",
		file: "operation/recovery.go", old: "case err == nil && finding.Found:", new: "case err == nil:",
		run: "M15|M30|LookUp",
	},
	{
		name: "another request under a key is refused",
		file: "operation/write.go", old: "r.isAnother(op, w.hash)", new: "r.isAnother(op, nil) && w == nil",
		run: "M02",
	},
	{
		name: "another request under a key is refused while the first runs",
		file: "operation/flights.go", old: "!bytes.Equal(f.hash, w.hash)", new: "!bytes.Equal(f.hash, f.hash)",
		run: "M02",
	},
	{
		name: "a begin of unknown outcome is not told as nothing",
		file: "operation/write.go", old: "case errors.Is(err, store.ErrUncertain):", new: "case errors.Is(err, store.ErrNotFound):",
		run: "M32",
	},
	{
		name: "a caller that leaves does not cut a charge",
		file: "operation/write.go", old: "e := r.send(context.WithoutCancel(ctx), w", new: "e := r.send(ctx, w",
		run: "M22",
	},
	{
		name: "an outcome is told once it stands",
		file: "operation/finish.go", old: "if err := r.commit(ctx, f); err != nil {", new: "if go_ := f; go_.State > 0 {\n\t\tgo func() { _ = r.commit(ctx, go_) }()\n\t} else if err := r.commit(ctx, f); err != nil {",
		run: "M53|M33",
	},
	{
		name: "an outcome is written down until it stands",
		file: "operation/finish.go", old: "if err == nil || errors.Is(err, store.ErrFenced) {", new: "if err == nil || logged || !errors.Is(err, nil) {",
		run: "M33",
	},
	{
		name: "an answer of another attempt is told as it stands",
		file: "operation/finish.go", old: "return r.overtaken(ctx, op)", new: "return end{outcome: result.Outcome, err: result.Err}",
		run: "M27",
	},
	{
		name: "a replay has no client secret",
		file: "operation/operation.go", old: `o.Replayed, o.ClientSecret = true, ""`, new: "o.Replayed = true",
		run: "M01|M05|M02",
	},
	{
		name: "callers share no key",
		file: "operation/identity.go", old: "i.scope.mode(), i.caller, i.method,", new: "i.scope.mode(), i.method,",
		run: "TestNames|M03M04",
	},
	{
		name: "a server that stops begins nothing",
		file: "operation/flights.go", old: "case s.closed:", new: "case s.closed && s.of == nil:",
		run: "TestDrain",
	},
	{
		name: "a panic is no failure",
		file: "operation/flights.go", old: "e = end{err: apierr.OutcomePending(w.operationID, apierr.ConstError(\"panic\"))}", new: "e = end{err: apierr.StoreUnavailable(nil)}",
		run: "M50",
	},
	{
		name: "what is abandoned keeps no outcome and is begun anew",
		file: "operation/record.go", old: "if result.Verdict == stripegw.NotDone {\n\t\treturn f, nil\n\t}", new: "if result.Verdict == stripegw.NotDone {\n\t\tf.State = store.Failed\n\t}",
		run: "M53",
	},
	{
		name: "what is erased is refused",
		file: "operation/write.go", old: "\tcase op.Erased:\n\t\treturn end{err: apierr.KeyExpired()}\n", new: "",
		run: "M52",
	},
	{
		name: "only what is unknown is ended by a person",
		file: "operation/resolve.go", old: "\tif op.State != store.Unknown {\n\t\treturn nil, notUnknown(op)\n\t}\n\tresult", new: "\tresult",
		also: []change{{"operation/resolve.go", "\t\tif op.State != store.Unknown {\n\t\t\treturn op, notUnknown(op)\n\t\t}\n", ""}},
		run:  "TestResolve",
	},
	{
		name: "a step that is done is written down before the next is sent",
		file: "operation/step.go", old: "\terr := h.runner.store.Advance(ctx, a)\n", new: "\tvar err error\n",
		run: "M45",
	},
	{
		name: "each step has a key of its own",
		file: "operation/identity.go", old: "i.digest(\"stripe\", step)", new: "i.digest(\"stripe\", step[:0])",
		run: "M45",
	},
	{
		name: "a later step that did nothing is not told as nothing",
		file: "operation/step.go", old: "\tcase stripegw.NotDone:\n", new: "\tcase 0:\n",
		run: "M45",
	},
	{
		name: "no step is begun past the window",
		file: "operation/write.go", old: "if op = held.stepped(); !r.maySend(op) {", new: "if op = held.stepped(); r == nil {",
		run: "M45",
	},
	{
		name: "recovery begins no step past the window",
		file: "operation/step.go", old: "\tif !r.maySend(next) {", new: "\tif r == nil {",
		run: "M45",
	},
	{
		name: "a step on the way is no outcome",
		file: "operation/step.go", old: "\tif len(c.next) > 0 {\n", new: "\tif len(c.next) > 99 {\n",
		run: "M45",
	},
	{
		name: "a short deadline begins nothing",
		file: "operation/deadline.go", old: "if time.Until(deadline) < MinimumDeadline {", new: "if time.Until(deadline) < 0 {",
		run: "M24",
	},
}
