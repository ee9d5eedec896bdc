package proof_test

// referenceMutants are the guards of references, of which each has one maker.
var referenceMutants = []mutant{
	{
		name: "a maker that may still make it is not taken over",
		file: "store/reference.go", old: "m.state IN (3, 5)", new: "m.state IN (1, 3, 5)",
		run: "TestReferenceHasOneMaker",
	},
	{
		name: "a maker that went elsewhere is none",
		file: "store/reference.go", old: "ELSE m.reference <> r.reference OR m.generation <> r.generation END", new: "ELSE m.id = '' END",
		run: "TestReferenceWhoseMaker",
	},
	{
		name: "who is taken over does not take back",
		file: "store/reference.go", old: "\tcase s.maker == b.ID, s.free:", new: "\tcase s.maker >= \"\", s.free:",
		run: "TestReferenceBegunAnew/sqlite|TestReferenceHasOneMaker/sqlite",
	},
	{
		name: "what a maker made outlives its row",
		file: "store/sqlite_finish.go", old: "if fence.reference != \"\" && f.State == Succeeded {", new: "if fence.reference == \"none\" {",
		run: "TestReferenceOutlives.*/sqlite",
	},
	{
		name: "PostgreSQL: what a maker made outlives its row",
		file: "store/postgres_finish.go", old: "WHERE $3::smallint = 2 AND ended.reference <> ''", new: "WHERE $3::smallint = 0 AND ended.reference <> ''",
		run: "TestReferenceOutlives.*/postgres",
	},
	{
		name: "PostgreSQL: who begins for a reference waits for the others",
		file: "store/postgres_lock.go", old: "if c.reference != \"\" {", new: "if c.reference == \"none\" {",
		run: "TestReferencesAtRandom/postgres|TestReferenceTogether/postgres",
	},
	{
		name: "PostgreSQL: the references of a batch are locked in one order",
		file: "store/postgres_lock.go", old: "\tslices.Sort(keys)\n", new: "\tslices.Reverse(keys)\n",
		run: "TestReferencesAtRandom/postgres",
	},
	{
		name: "who is not the maker sends nothing, and does not take its answer for its own",
		file: "operation/write.go", old: "case held == nil && op.ID != w.operationID:", new: "case held == nil && op.ID == \"\":",
		run: "M43",
	},
	{
		name: "no two makers of a reference share a key",
		file: "operation/identity.go", old: "strconv.FormatInt(i.generation, 10)", new: "strconv.FormatInt(min(i.generation, 1), 10)",
		run: "TestEnsureWhoseMaker|TestEnsureAgain",
	},
	{
		name: "all calls for a reference share its maker's key",
		file: "operation/identity.go", old: "i.caller, i.idempotencyKey = \"\", i.reference", new: "i.idempotencyKey = i.reference",
		run: "TestNamesOfReferences",
	},
	{
		name: "recovery sends under the key of the reference",
		file: "operation/recovery.go", old: "\t\treference: op.Reference, generation: op.Generation,\n", new: "",
		run: "TestEnsureIsRecovered",
	},
	{
		name: "recovery says that it repeats",
		file: "operation/recovery.go", old: "\t\tRepeat: true,\n", new: "",
		run: "M13M16|TestEnsureIsRecovered",
	},
	{
		name: "a maker of unknown outcome is not passed over",
		file: "operation/ensure.go", old: "case op.State == store.Succeeded:", new: "case op.State == store.Succeeded || op.State == store.Unknown:",
		run: "TestEnsureWhoseMakerIsUnknown",
	},
}
