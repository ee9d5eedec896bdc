package store

// referenceFree is, in the SQL of both engines, whether the maker m of a reference r has left it without an object: it
// failed, did nothing, or is at something else since. What an erased one made stands in the reference.
const referenceFree = `(m.id IS NULL OR m.state IN (3, 5) OR CASE WHEN m.erased THEN r.object_id = ''
	ELSE m.reference <> r.reference OR m.generation <> r.generation END)`

// standing is how a reference stands.
type standing struct {
	generation      int64
	maker, objectID string
	// free is whether another operation may take it over.
	free bool
}

// next is the generation under which an operation may begin for the reference, and 0 if it must leave it to the maker.
func (s standing) next(b Begin) int64 {
	switch {
	case s.maker == b.ID && s.generation > b.Over:
		return s.generation // Its key at Stripe stays the same.
	case s.maker == b.ID, s.free:
		return s.generation + 1
	default:
		return 0
	}
}

// complete adds to the maker what it may have forgotten.
func (s standing) complete(maker Operation, reference string) Operation {
	if maker.Erased {
		maker.Reference, maker.Generation, maker.ObjectID = reference, s.generation, s.objectID
	}
	return maker
}
