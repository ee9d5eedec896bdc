package store

import (
	"hash/fnv"
	"slices"
)

// Whoever begins for a reference waits for those who do so at the same time, and then sees what they did: the locks
// come before the statements that look. So does who writes events or the state of an object. A transaction takes all of
// them before its first row, in one order, so that no two wait for each other; and before it has a number or any of its
// rows has one, so that these are in the order of the commits of those who lock the same.
const pgLock = `SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS key`

// pgLocks are the locks that a batch takes, nil for none.
func pgLocks(batch []*pgChange) (keys []int64) {
	for _, c := range batch {
		if c.reference != "" {
			keys = append(keys, pgLockKey(c.reference))
		}
		for _, id := range c.objects {
			keys = append(keys, pgLockKey("object "+id))
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func pgLockKey(name string) int64 {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(name))
	return int64(hash.Sum64()) //nolint:gosec // any number will do, if it is always the same
}
