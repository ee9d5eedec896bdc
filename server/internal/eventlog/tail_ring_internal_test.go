package eventlog

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func entriesOf(size int, positions ...int64) (entries []*entry) {
	for _, position := range positions {
		entries = append(entries, &entry{position: position, objectID: []string{"even", "odd"}[position%2], size: size})
	}
	return entries
}

func places(entries []*entry) []int64 {
	positions := []int64{}
	for _, e := range entries {
		positions = append(positions, e.position)
	}
	return positions
}

// A ring keeps the newest without gaps, within its bounds; an old one sees nothing of what came later.
func TestRing(t *testing.T) {
	empty := &ring{end: 10}
	small := empty.with(entriesOf(10, 11, 12, 13), 5, 1000)
	for _, tt := range []struct {
		name  string
		ring  *ring
		begin int64
		want  []int64
	}{
		{"empty", empty, 10, []int64{}},
		{"three", small, 10, []int64{11, 12, 13}},
		{"too many", small.with(entriesOf(10, 14, 15, 16), 5, 1000), 11, []int64{12, 13, 14, 15, 16}},
		{"too large", small.with(entriesOf(10, 14), 5, 25), 12, []int64{13, 14}},
		{"one that is too large", small.with(entriesOf(100, 14), 5, 25), 13, []int64{14}},
		{"with a gap", small.with(entriesOf(10, 20, 21), 5, 1000), 19, []int64{20, 21}},
		{"three still", small, 10, []int64{11, 12, 13}},
	} {
		if diff := cmp.Diff(tt.want, places(tt.ring.entries)); diff != "" || tt.ring.begin() != tt.begin {
			t.Errorf("%s: begins behind %d, want %d (-want +got):\n%s", tt.name, tt.ring.begin(), tt.begin, diff)
		}
	}
}

func TestRingPick(t *testing.T) {
	r := (&ring{end: 10}).with(entriesOf(10, 11, 12, 13, 14, 15, 16), 10, 1000)
	for _, tt := range []struct {
		name           string
		behind         int64
		object         string
		limit, maxSize int
		want           []int64
		upTo           int64
		ok             bool
	}{
		{"all", 10, "", 10, 100, []int64{11, 12, 13, 14, 15, 16}, 16, true},
		{"some", 12, "", 2, 100, []int64{13, 14}, 14, true},
		{"up to a size", 10, "", 10, 35, []int64{11, 12, 13}, 13, true},
		{"one that is too large", 10, "", 10, 5, []int64{11}, 11, true},
		{"filtered", 10, "odd", 2, 100, []int64{11, 13}, 14, true},
		{"filtered to the end", 10, "odd", 3, 100, []int64{11, 13, 15}, 16, true},
		{"nothing", 10, "none", 3, 100, []int64{}, 16, true},
		{"at the end", 16, "", 3, 100, []int64{}, 16, true},
		{"ahead of the end", 20, "", 3, 100, []int64{}, 20, true},
		{"older", 9, "", 3, 100, []int64{}, 0, false},
	} {
		got, upTo, ok := r.pick(tt.behind, func(e *entry) bool { return tt.object == "" || e.objectID == tt.object }, tt.limit, tt.maxSize)
		if diff := cmp.Diff(tt.want, places(got)); diff != "" || upTo != tt.upTo || ok != tt.ok {
			t.Errorf("%s: up to %d %v, want %d %v (-want +got):\n%s", tt.name, upTo, ok, tt.upTo, tt.ok, diff)
		}
	}
}
