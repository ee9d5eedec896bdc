package proof_test

// storeMutants are the guards of the SQLite engine. The first is run in the small size too.
var storeMutants = []mutant{
	{
		name: "an operation that is under way is not begun again",
		file: "store/sqlite_changes.go", old: "WHERE state = 5 AND erased = 0", new: "WHERE state IN (1, 5) AND erased = 0",
		run: "TestBegin.*/sqlite",
	},
	{
		name: "what is erased is not begun anew",
		file: "store/sqlite_changes.go", old: "WHERE state = 5 AND erased = 0", new: "WHERE state = 5",
		run: "TestErased.*/sqlite",
	},
	{
		name: "a commit is on disk before it is answered",
		file: "store/sqlite_conn.go", old: `"synchronous(FULL)"`, new: `"synchronous(NORMAL)"`,
		run: "TestBegin/sqlite",
	},
	{
		name: "the settings of durability are read back",
		file: "store/sqlite_conn.go", old: "\t{\"synchronous\", \"2\"},", new: "\t{\"synchronous\", \"1\"},",
		run: "TestBegin/sqlite",
	},
	{
		name: "one id is one operation",
		file: "store/migrations/sqlite/00001_operations.sql",
		old:  "id                 TEXT    NOT NULL PRIMARY KEY,", new: "id TEXT NOT NULL,",
		run: "TestBegin.*/sqlite",
	},
	{
		name: "one change is one event",
		file: "store/migrations/sqlite/00004_events.sql",
		old:  "event_id        TEXT    NOT NULL UNIQUE", new: "event_id TEXT NOT NULL",
		run: "TestEvents/sqlite",
	},
	{
		name: "a payment ends once",
		file: "store/migrations/sqlite/00004_events.sql",
		old:  "CREATE UNIQUE INDEX events_once", new: "CREATE INDEX events_once",
		run: "TestEvents/sqlite",
	},
	{
		name: "an event that is there already leaves no gap",
		file: "store/sqlite_ingest.go", old: "if inserted == 0 {", new: "if inserted < 0 {",
		run: "TestOnce/sqlite",
	},
	{
		name: "who decided by an older state decides anew",
		file: "store/sqlite_ingest.go", old: "if stands.version != i.Object.Version {", new: "if i.Object.Version < 0 {",
		run: "TestIngestConflict/sqlite",
	},
	{
		name: "an object that has ended stays so",
		file: "store/sqlite_object.go", old: "return o.ended && (", new: "return o.version < 0 && (",
		run: "TestM47/sqlite|TestFinishObject/sqlite",
	},
	{
		name: "a write leaves what came after it began",
		file: "store/sqlite_object.go", old: "return o.updated >= began &&", new: "return o.updated < 0 &&",
		run: "TestFinishObject/sqlite",
	},
	{
		name: "what Stripe told of is not sent again",
		file: "store/sqlite_changes.go", old: "|| f.told != \"\")", new: "|| f.told == \"none\")",
		run: "TestTold/sqlite",
	},
	{
		name: "a dead letter holds up its object",
		file: "store/sqlite_delivery.go", old: "dead.state = 3 AND dead.object_id", new: "dead.state = 9 AND dead.object_id",
		run: "TestDeadLetter/sqlite",
	},
	{
		name: "a log that was cut off is not served",
		file: "store/sqlite_epoch.go", old: "head < note.Head {", new: "head < 0 {",
		run: "TestE25",
	},
	{
		name: "a damaged write-ahead log is not served",
		file: "store/sqlite_wal.go", old: "if commits > 1 {", new: "if commits > 1000 {",
		run: "TestE25",
	},
	{
		name: "an attempt that was overtaken changes nothing",
		file: "store/sqlite_changes.go", old: "return f.attempt == attempt && (", new: "return attempt > 0 && (",
		run: "TestFences.*/sqlite",
	},
	{
		name: "what has ended does not change",
		file: "store/sqlite_changes.go", old: "(f.state == Pending || f.state == Unknown)", new: "f.state > 0",
		run: "TestFences.*/sqlite|TestFinish/sqlite",
	},
	{
		name: "no step comes back",
		file: "store/sqlite_advance.go", old: "case done == a.StepsDone-1:", new: "case done < 99:",
		run: "TestAdvanceRepeated/sqlite",
	},
	{
		name: "PostgreSQL: no step comes back",
		file: "store/postgres_advance.go", old: " AND steps_done = $4::int - 1", new: "",
		run: "TestAdvanceRepeated/postgres|M45",
	},
	{
		name: "what must not be sent is not held for a send",
		file: "store/sqlite_changes.go", old: "if h.Sends > 0 && (f.neverSend ||", new: "if h.Sends > 0 && (false ||",
		run: "TestHold/sqlite|TestPostpone/sqlite",
	},
	{
		name: "never to be sent stays so",
		file: "store/sqlite_changes.go", old: "never_send = max(never_send, ?4)", new: "never_send = ?4",
		run: "TestPostpone/sqlite",
	},
	{
		name: "who takes an operation over makes the next attempt",
		file: "store/sqlite_recovery.go", old: "SET attempt = attempt + 1, held = 1, begin_token = NULL",
		new: "SET held = 1, begin_token = NULL",
		run: "TestClaim/sqlite|TestTake/sqlite",
	},
	{
		name: "what was taken is left alone for a lease",
		file: "store/sqlite_recovery.go", old: "update_time = ?2,\n\t\t\tdue_time = ?3", new: "update_time = ?2,\n\t\t\tdue_time = min(?2, ?3)",
		run: "TestClaim.*/sqlite",
	},
	{
		name: "a person does not take what recovery is at",
		file: "store/sqlite_recovery.go", old: "f.state != Unknown || f.held &&", new: "f.state != Unknown || f.held && f.attempt < 0 &&",
		run: "TestTake/sqlite",
	},
	{
		name: "who repeats a begin that was taken over did not begin it",
		file: "store/sqlite_recovery.go", old: "held = 1, begin_token = NULL, update_time", new: "held = 1, update_time",
		run: "TestBeginRepeated/sqlite",
	},
	{
		name: "a begin is known by its token",
		file: "store/sqlite_changes.go", old: "len(b.Token) > 0 && bytes.Equal", new: "len(b.Token) > 0 || bytes.Equal",
		run: "TestBegin.*/sqlite",
	},
	{
		name: "a finish may be repeated",
		file: "store/sqlite_finish.go", old: "errors.Is(err, ErrFenced) && fence.attempt == f.Attempt && fence.state == f.State",
		new: "errors.Is(err, ErrFenced) && fence.attempt < 0",
		run: "TestFinish/sqlite",
	},
	{
		name: "parameters are forgotten at the end",
		file: "store/sqlite_finish.go", old: "held = 0, parameters = NULL, outcome = ?3", new: "held = 0, outcome = ?3",
		run: "TestFinish/sqlite|TestSQLiteErasedFromFile",
	},
	{
		name: "a row that fails does not fail its neighbours",
		file: "store/sqlite_commit.go", old: "attempt(ctx, w, c, now, len(batch) > 1)", new: "attempt(ctx, w, c, now, len(batch) > 1000)",
		run: "TestPoisonInBatch/sqlite",
	},
	{
		name: "a commit that failed may be made all the same",
		file: "store/sqlite_error.go", old: `return fmt.Errorf("%w: %w", ErrUncertain, err)`,
		new: `return fmt.Errorf("%w: %w", ErrUnavailable, err)`,
		run: "TestSQLite",
	},
	{
		name: "a file belongs to one process",
		file: "store/sqlite_file.go", old: "if !held {", new: "if !held && path == \"\" {",
		run: "TestE30",
	},
	{
		name: "a clock that went back does not make rows young",
		file: "store/clock.go", old: "if !began.After(mark) || ", new: "if ",
		run: "TestClock|TestM29_SQLite",
	},
	{
		name: "who comes late to a full lane is not left behind",
		file: "store/group.go", old: "batch[0].lead <- batch", new: "batch[0].lead <- batch[:1]",
		run: "TestGroup",
	},
}

// postgresMutants are the guards of the PostgreSQL engine.
var postgresMutants = []mutant{
	{
		name: "PostgreSQL: an operation that is under way is not begun again",
		file: "store/postgres_write.go", old: "WHERE o.state = 5 AND NOT o.erased", new: "WHERE o.state IN (1, 5) AND NOT o.erased",
		// What has been seen abandoned under an attempt is so for good: either guard alone would do.
		also: []change{{"store/postgres_write.go", "AND o.attempt = $9::bigint AND", "AND $9::bigint >= 0 AND"}},
		run:  "TestBegin.*/postgres",
	},
	{
		name: "PostgreSQL: an attempt that was overtaken does not hold",
		file: "store/postgres_write.go", old: "WHERE id = $1 AND attempt = $2 AND state IN (1, 4) AND ($4::int = 0",
		new: "WHERE id = $1 AND $2::bigint > 0 AND state IN (1, 4) AND ($4::int = 0",
		run: "TestFences.*/postgres",
	},
	{
		name: "PostgreSQL: an attempt that was overtaken does not finish",
		file: "store/postgres_finish.go", old: "WHERE id = $1 AND attempt = $2 AND state IN (1, 4)\n\t\tRETURNING begin_time",
		new: "WHERE id = $1 AND $2::bigint > 0 AND state IN (1, 4)\n\t\tRETURNING begin_time",
		run: "TestFences.*/postgres",
	},
	{
		name: "PostgreSQL: an attempt that was overtaken does not postpone",
		file: "store/postgres_write.go", old: "WHERE id = $1 AND attempt = $2 AND state IN (1, 4)\n\tRETURNING true`\n\n// Postpone",
		new: "WHERE id = $1 AND $2::bigint > 0 AND state IN (1, 4)\n\tRETURNING true`\n\n// Postpone",
		run: "TestFences.*/postgres",
	},
	{
		name: "PostgreSQL: what must not be sent is not held for a send",
		file: "store/postgres_write.go", old: "OR NOT never_send AND told = '')", new: "OR told = '')",
		run: "TestHold/postgres|TestPostpone/postgres",
	},
	{
		name: "PostgreSQL: never to be sent stays so",
		file: "store/postgres_write.go", old: "never_send = never_send OR $6", new: "never_send = $6",
		run: "TestPostpone/postgres",
	},
	{
		name: "PostgreSQL: a begin is known by its token",
		file: "store/postgres_write.go", old: "len(b.Token) > 0 && bytes.Equal", new: "len(b.Token) > 0 || bytes.Equal",
		run: "TestBegin.*/postgres",
	},
	{
		name: "PostgreSQL: who takes an operation over makes the next attempt, and clears the token",
		file: "store/postgres_claim.go", old: "SET attempt = attempt + 1, begin_token = NULL, update_time", new: "SET update_time",
		run: "TestClaim.*/postgres|TestTake/postgres|TestBeginRepeated/postgres",
	},
	{
		name: "PostgreSQL: what was taken is left alone for a lease",
		file: "store/postgres_claim.go", old: "due_time = now + $1::bigint * interval", new: "due_time = now + least($1::bigint, 0) * interval",
		run: "TestClaim.*/postgres",
	},
	{
		name: "PostgreSQL: a commit is on disk before it is answered",
		file: "store/postgres_connect.go", old: "WHERE current_setting('synchronous_commit') IN ('off', 'local')", new: "WHERE false",
		run: "TestPostgres|Postgres",
	},
}
