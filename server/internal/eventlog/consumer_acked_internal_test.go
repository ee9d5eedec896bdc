package eventlog

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// eventsAt is a log in which these positions are wanted.
func eventsAt(positions ...int64) lookup {
	return func(after, upTo int64, limit int) (found []int64, err error) {
		for _, position := range positions {
			if position > after && position <= upTo && len(found) < limit {
				found = append(found, position)
			}
		}
		return found, nil
	}
}

var compareProgress = cmp.AllowUnexported(progress{}, run{})

func TestAcknowledge(t *testing.T) {
	all := eventsAt(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	for _, tt := range []struct {
		name    string
		from    progress
		events  lookup
		acks    []int64
		want    progress
		unknown int64
	}{
		{"the next one", progress{cursor: 2}, all, []int64{3}, progress{cursor: 3}, 0},
		{"5 while 3 and 4 are open", progress{cursor: 2}, all, []int64{5}, progress{2, []run{{5, 5, 1}}}, 0},
		{"then 4", progress{2, []run{{5, 5, 1}}}, all, []int64{4}, progress{2, []run{{4, 5, 2}}}, 0},
		{"then 3", progress{2, []run{{4, 5, 2}}}, all, []int64{3}, progress{cursor: 5}, 0},
		{"twice", progress{2, []run{{4, 5, 2}}}, all, []int64{1, 2, 4, 5}, progress{2, []run{{4, 5, 2}}}, 0},
		{"two runs", progress{cursor: 2}, all, []int64{4, 6, 7}, progress{2, []run{{4, 4, 1}, {6, 7, 2}}}, 0},
		{"between two runs", progress{2, []run{{4, 4, 1}, {6, 7, 2}}}, all, []int64{5}, progress{2, []run{{4, 7, 4}}}, 0},
		{"over what the filter leaves out", progress{cursor: 2}, eventsAt(4, 8), []int64{4, 8}, progress{cursor: 8}, 0},
		{"up to the first open one", progress{cursor: 2}, eventsAt(7, 8), []int64{8}, progress{6, []run{{8, 8, 1}}}, 0},
		{"of another filter", progress{cursor: 2}, eventsAt(4, 8), []int64{4, 6}, progress{cursor: 2}, 6},
		{"behind the last one", progress{cursor: 2}, eventsAt(4), []int64{5}, progress{cursor: 2}, 5},
		{"too far ahead", progress{cursor: 2}, all, []int64{9}, progress{cursor: 2}, 9},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, unknown, err := tt.from.acknowledge(tt.acks, 5, tt.events)
			if unknown != tt.unknown || errors.Is(err, errUnknownPosition) != (tt.unknown != 0) {
				t.Errorf("position %d was refused with %v, want %d", unknown, err, tt.unknown)
			}
			if diff := cmp.Diff(tt.want, got, compareProgress, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("the progress is another one (-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever is acknowledged in whatever order: the cursor is the last position with nothing open at or below it, nothing is
// lost on the way to the store and back, and there are never more runs than open events.
func TestAcknowledgeAnyOrder(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 7))
		var wanted []int64
		for position := int64(1); position <= 60; position++ {
			if random.IntN(3) > 0 {
				wanted = append(wanted, position)
			}
		}
		order := slices.Clone(wanted)
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		open := slices.Clone(wanted)
		at := progress{}
		for len(order) > 0 {
			n := min(len(order), 1+random.IntN(5))
			acks := order[:n]
			order = order[n:]
			slices.Sort(acks)
			var err error
			if at, _, err = at.acknowledge(acks, 60, eventsAt(wanted...)); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			open = slices.DeleteFunc(open, func(p int64) bool { return slices.Contains(acks, p) })
			if at, err = decodeRuns(at.cursor, at.encodeRuns()); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			checkProgress(t, seed, at, wanted, open)
		}
		if len(wanted) > 0 && at.cursor != wanted[len(wanted)-1] {
			t.Errorf("seed %d: all is acknowledged, and the cursor is %d", seed, at.cursor)
		}
	}
}

func checkProgress(t *testing.T, seed uint64, at progress, wanted, open []int64) {
	t.Helper()
	acked := 0
	for _, position := range wanted {
		isOpen := slices.Contains(open, position)
		if at.has(position) == isOpen {
			t.Fatalf("seed %d: position %d is open: %v, but %+v says otherwise", seed, position, isOpen, at)
		}
		if !isOpen && position > at.cursor {
			acked++
		}
	}
	if len(open) > 0 && at.cursor >= open[0] {
		t.Fatalf("seed %d: the cursor is %d, and %d is open", seed, at.cursor, open[0])
	}
	if at.ahead() != acked {
		t.Fatalf("seed %d: %d are acknowledged ahead, want %d", seed, at.ahead(), acked)
	}
	if len(at.runs) > len(open) {
		t.Fatalf("seed %d: %d runs for %d open events", seed, len(at.runs), len(open))
	}
}

func TestPassed(t *testing.T) {
	at := progress{2, []run{{4, 5, 2}, {7, 9, 2}}}
	for _, tt := range []struct {
		to   int64
		want progress
	}{
		{1, at},
		{2, at},
		{3, progress{5, []run{{7, 9, 2}}}},
		{6, progress{9, nil}},
		{8, progress{9, nil}},
		{20, progress{20, nil}},
	} {
		got := at.passed(tt.to)
		if diff := cmp.Diff(tt.want, got, compareProgress, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("passed(%d) (-want +got):\n%s", tt.to, diff)
		}
	}
}

func FuzzDecodeRuns(f *testing.F) {
	f.Add(int64(2), progress{2, []run{{4, 5, 2}, {7, 9, 2}}}.encodeRuns())
	f.Add(int64(0), []byte{1, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, cursor int64, data []byte) {
		if cursor < 0 || cursor > 1<<60 {
			return
		}
		at, err := decodeRuns(cursor, data)
		if err != nil {
			return
		}
		again, err := decodeRuns(cursor, at.encodeRuns())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(at.runs, again.runs, compareProgress); len(at.runs) > 0 && diff != "" {
			t.Errorf("it is another one afterwards (-want +got):\n%s", diff)
		}
	})
}
