package store

// CrashPoints are the names of the points at which Config.Crash is called, in both engines: just before and just after the
// commit of each change that an operation's course hangs on.
func CrashPoints() []string {
	var points []string
	for _, change := range []string{"begin", "hold", "advance", "finish", "postpone", "claim"} {
		points = append(points, change+".before_commit", change+".after_commit")
	}
	return points
}

// LogCrashPoints are those around the changes that the log of events hangs on, beside Finish.
func LogCrashPoints() []string {
	var points []string
	for _, change := range []string{"receive", "ingest", "defer"} {
		points = append(points, change+".before_commit", change+".after_commit")
	}
	return points
}
