package sandbox

// table holds the objects of one type: by id, and in the order in which they were made. Lists go through it backwards.
// A change puts a new object in the place of the old one, so that whoever holds the old one sees it as it was. The zero
// value is empty.
type table[T any] struct {
	rows    []*T
	dropped int            // how many of the oldest rows are gone
	place   map[string]int // counted from the first row ever
}

func (t *table[T]) get(id string) (*T, bool) {
	place, ok := t.place[id]
	if !ok {
		return nil, false
	}
	return t.rows[place-t.dropped], true
}

// put adds an object, or replaces the one with that id.
func (t *table[T]) put(id string, object *T) {
	if place, ok := t.place[id]; ok {
		t.rows[place-t.dropped] = object
		return
	}
	if t.place == nil {
		t.place = map[string]int{}
	}
	t.place[id] = t.dropped + len(t.rows)
	t.rows = append(t.rows, object)
}

// dropOldest forgets the first row.
func (t *table[T]) dropOldest(id string) {
	delete(t.place, id)
	t.rows[0] = nil
	t.rows = t.rows[1:]
	t.dropped++
}

// remove takes out rows, as if they had never been made.
func (t *table[T]) remove(gone func(*T) bool) {
	ids := make([]string, len(t.rows))
	for id, place := range t.place {
		ids[place-t.dropped] = id
	}
	var kept table[T]
	for i, row := range t.rows {
		if !gone(row) {
			kept.put(ids[i], row)
		}
	}
	*t = kept
}

// walk visits the rows from one index on, in steps of 1 or -1, until visit gives false.
func (t *table[T]) walk(from, step int, visit func(*T) bool) {
	for i := from; i >= 0 && i < len(t.rows); i += step {
		if !visit(t.rows[i]) {
			return
		}
	}
}
