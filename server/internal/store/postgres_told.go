package store

import "slices"

// pgKeptTold is how many objects an operation is told of.
const pgKeptTold = 8

// pgTell tells operations that what they sent took effect, for all of a batch at once, so that their rows are locked in
// the order in which others lock them. Only a delivery that this batch has ended tells. Who is at an operation finds out at
// the next hold; what nobody is at is due.
const pgTell = `WITH news AS (
		SELECT key, array_agg(object_id) AS added
		FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS news (key, object_id, delivery, by)
		-- Not EXISTS, which may be made a join with all that was ever done.
		WHERE delivery = '' OR (SELECT state = 2 AND attempt = by FROM deliveries WHERE id = delivery)
		GROUP BY key
	), listening AS (
		SELECT o.id AS listener, news.added FROM operations o JOIN news ON o.stripe_key = news.key
		WHERE o.state IN (1, 4) AND o.stripe_key <> '' ORDER BY o.id FOR UPDATE OF o
	) UPDATE operations SET told = tillgate_told(told, added, $5), update_time = now,
		due_time = CASE WHEN held THEN due_time ELSE least(due_time, now) END
	FROM listening,` + pgClock + `WHERE id = listener`

// pgTold is that something was done under a key to an object, as a delivery told that was claimed by an attempt.
type pgTold struct {
	key, objectID, delivery string
	attempt                 int64
}

// pgTellings are what an Ingest tells.
func pgTellings(i Ingest) (told []pgTold) {
	add := func(key, objectID string) {
		t := pgTold{key: pgText(key), objectID: pgText(objectID), delivery: i.ID, attempt: i.Attempt}
		// A cause that is Stripe's own event is no key of an operation.
		if key != "" && key != i.ID && !slices.Contains(told, t) {
			told = append(told, t)
		}
	}
	if i.Object != nil {
		add(i.Object.Cause, i.Object.ID)
	}
	for _, e := range i.Events {
		add(e.Cause, e.ObjectID)
	}
	return told
}

// pgNews are the arguments of pgTell for a batch, nil for none.
func pgNews(batch []*pgChange) []any {
	var keys, objectIDs, deliveries []string
	var attempts []int64
	for _, c := range batch {
		for _, t := range c.told {
			keys, objectIDs = append(keys, t.key), append(objectIDs, t.objectID)
			deliveries, attempts = append(deliveries, t.delivery), append(attempts, t.attempt)
		}
	}
	if keys == nil {
		return nil
	}
	return []any{keys, objectIDs, deliveries, attempts, pgKeptTold}
}
