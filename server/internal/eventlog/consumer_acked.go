package eventlog

import (
	"encoding/binary"
	"errors"
	"slices"
)

// run is a stretch of positions, ends included, of which nothing is open: events that are acknowledged, and between them
// what the filter leaves out.
type run struct {
	from, to int64
	// events is how many are acknowledged.
	events int
}

// progress is how far a consumer is. Between the cursor and the first run, and between any two runs, something is open; so
// there are never more runs than open events.
type progress struct {
	cursor int64
	runs   []run
}

// ackedVersion is the first byte of what encodeRuns writes.
const ackedVersion = 1

var errAcked = errors.New("what a consumer has acknowledged can not be read")

// encodeRuns packs the runs: the distance to the end of the one before, the length less one, and the events, as varints.
func (p progress) encodeRuns() []byte {
	if len(p.runs) == 0 {
		return nil
	}
	data := []byte{ackedVersion}
	last := p.cursor
	for _, r := range p.runs {
		data = binary.AppendUvarint(data, uint64(r.from-last)) //nolint:gosec // a run is behind the one before
		data = binary.AppendUvarint(data, uint64(r.to-r.from)) //nolint:gosec // nor does it end before it begins
		data = binary.AppendUvarint(data, uint64(r.events))    //nolint:gosec // it is a count
		last = r.to
	}
	return data
}

// decodeRuns reads what encodeRuns wrote at this cursor.
func decodeRuns(cursor int64, data []byte) (progress, error) {
	p := progress{cursor: cursor}
	if len(data) == 0 {
		return p, nil
	}
	if data[0] != ackedVersion {
		return p, errAcked
	}
	data = data[1:]
	last := cursor
	for len(data) > 0 {
		var numbers [3]int64
		for i := range numbers {
			number, n := binary.Uvarint(data)
			if n <= 0 || number > 1<<62 {
				return p, errAcked
			}
			numbers[i], data = int64(number), data[n:]
		}
		r := run{from: last + numbers[0], events: int(numbers[2])}
		r.to = r.from + numbers[1]
		if r.from <= last || r.to < r.from {
			return p, errAcked
		}
		p.runs = append(p.runs, r)
		last = r.to
	}
	return p, nil
}

// has is whether nothing is open at a position: it is not behind the cursor, or in a run.
func (p progress) has(position int64) bool {
	if position <= p.cursor {
		return true
	}
	i, _ := slices.BinarySearchFunc(p.runs, position, func(r run, position int64) int { return int(r.to - position) })
	return i < len(p.runs) && p.runs[i].from <= position
}

// ahead is how many events behind the cursor are acknowledged.
func (p progress) ahead() int {
	n := 0
	for _, r := range p.runs {
		n += r.events
	}
	return n
}

// passed moves the cursor to a position up to which nothing is open.
func (p progress) passed(position int64) progress {
	if position <= p.cursor {
		return p
	}
	next := progress{cursor: position}
	for _, r := range p.runs {
		if r.to > position {
			r.from = max(r.from, position+1)
			next.runs = append(next.runs, r)
		}
	}
	return next.settled()
}

// settled takes the runs that begin right behind the cursor into it.
func (p progress) settled() progress {
	for len(p.runs) > 0 && p.runs[0].from <= p.cursor+1 {
		p.cursor = max(p.cursor, p.runs[0].to)
		p.runs = p.runs[1:]
	}
	return p
}

// lookup returns the events for a consumer behind one position and up to another, in order, at most so many.
type lookup func(after, upTo int64, limit int) ([]int64, error)

// errUnknownPosition is why a position can not be acknowledged.
var errUnknownPosition = errors.New("there is no such event for this consumer")

// acknowledge returns the progress with these positions acknowledged, which are in order, and none twice. Where one of them
// is no event for the consumer, or one that can not have been delivered because more than maxOpen are open in front of it,
// it is errUnknownPosition, with that position.
func (p progress) acknowledge(positions []int64, maxOpen int, events lookup) (next progress, unknown int64, err error) {
	positions = slices.DeleteFunc(slices.Clone(positions), p.has)
	if len(positions) == 0 {
		return p, 0, nil
	}
	w := weaver{progress: progress{cursor: p.cursor}, room: maxOpen + len(positions), events: events}
	begin := p.cursor + 1
	for _, r := range p.runs {
		n, _ := slices.BinarySearch(positions, r.from)
		if unknown, err := w.gap(begin, r.from-1, positions[:n]); err != nil {
			return p, unknown, err
		}
		positions = positions[n:]
		w.add(r)
		begin = r.to + 1
	}
	if len(positions) > 0 {
		if unknown, err := w.gap(begin, positions[len(positions)-1], positions); err != nil {
			return p, unknown, err
		}
	}
	return w.passed(w.firstOpen - 1).settled(), 0, nil
}

// weaver makes the runs of the next progress.
type weaver struct {
	progress

	// room is how many events may still be looked at.
	room   int
	events lookup
	// firstOpen is the first open event behind the cursor, where it was seen.
	firstOpen int64
}

// add appends a run, or makes the last one longer.
func (w *weaver) add(r run) {
	if n := len(w.runs); n > 0 && w.runs[n-1].to+1 == r.from {
		w.runs[n-1].to = r.to
		w.runs[n-1].events += r.events
		return
	}
	w.runs = append(w.runs, r)
}

// gap acknowledges some events in a stretch in which none was before.
func (w *weaver) gap(from, to int64, positions []int64) (unknown int64, err error) {
	if len(positions) == 0 {
		return 0, nil // It stays as it is.
	}
	found, err := w.events(from-1, to, w.room)
	if err != nil {
		return 0, err
	}
	w.room -= len(found)
	first := len(w.runs) == 0 && from == w.cursor+1
	begin, acked := from, 0
	for _, event := range found {
		if len(positions) > 0 && positions[0] < event {
			return positions[0], errUnknownPosition
		}
		if len(positions) > 0 && positions[0] == event {
			positions = positions[1:]
			acked++
			continue
		}
		if acked > 0 {
			w.add(run{begin, event - 1, acked})
		}
		if first && w.firstOpen == 0 {
			w.firstOpen = event
		}
		begin, acked = event+1, 0
	}
	if len(positions) > 0 {
		return positions[0], errUnknownPosition
	}
	if acked > 0 {
		w.add(run{begin, to, acked})
	}
	return 0, nil
}
