package store_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/tillgate/tillgate/server/internal/store"
)

// A commit is on the disk when it returns. Said apart from the table that sets it, and from what the next test finds.
func TestSQLiteCommitsAreDurable(t *testing.T) {
	s := open(t, store.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "tillgate.db")})
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal"} {
		if got, err := store.Setting(t.Context(), s, pragma); err != nil || got != want {
			t.Errorf("PRAGMA %s is %s, %v; want %s", pragma, got, err, want)
		}
	}
}

// disk is what is surely on a disk, of a database and its write-ahead log, and what may be.
type disk struct {
	files [2][]byte
	// loose are writes and cuts that no flush has followed.
	loose [2][]store.DiskOp
}

func (d *disk) index(op store.DiskOp) int {
	if op.WAL {
		return 1
	}
	return 0
}

// do takes the next thing that was asked of the disk.
func (d *disk) do(op store.DiskOp) {
	i := d.index(op)
	if op.Kind != store.DiskFlush {
		d.loose[i] = append(d.loose[i], op)
		return
	}
	for _, op := range d.loose[i] {
		d.files[i] = applied(d.files[i], op)
	}
	d.loose[i] = nil
}

// cut is what the power cut leaves: nothing of what is loose, or whichever part of it the disk had got to.
func (d *disk) cut(keep func() bool) (files [2][]byte) {
	for i := range files {
		files[i] = append([]byte(nil), d.files[i]...)
		for _, op := range d.loose[i] {
			const sector = 512
			if op.Kind == store.DiskCut {
				if keep() {
					files[i] = applied(files[i], op)
				}
				continue
			}
			for at := 0; at < len(op.Data); at += sector {
				if keep() {
					part := op
					part.Offset, part.Data = op.Offset+int64(at), op.Data[at:min(at+sector, len(op.Data))]
					files[i] = applied(files[i], part)
				}
			}
		}
	}
	return files
}

func applied(file []byte, op store.DiskOp) []byte {
	end := op.Offset + int64(len(op.Data))
	if missing := end - int64(len(file)); missing > 0 {
		file = append(file, make([]byte, missing)...)
	}
	if op.Kind == store.DiskCut {
		return file[:op.Offset]
	}
	copy(file[op.Offset:], op.Data)
	return file
}

// promise is what a caller was told, when so much had been asked of the disk.
type promise struct {
	asked   int
	eventID string
}

// load lets several take in events at once, and notes what each was told.
func load(t *testing.T, s store.Store, trace *store.DiskTrace, events int) (promises []promise) {
	t.Helper()
	var mu sync.Mutex
	var work sync.WaitGroup
	for w := range 8 {
		work.Go(func() {
			for n := range events / 8 {
				objectID := fmt.Sprintf("pi_%d", w)
				o, err := s.Object(t.Context(), objectID)
				if err != nil {
					t.Error(err)
				}
				next := object(objectID, o.Version, int32(n))
				next.Resource = make([]byte, 2000)
				event := happened(objectID, "payment_intent.processing", strconv.Itoa(n))
				if _, err := s.Ingest(t.Context(), store.Ingest{Object: &next, Events: []store.Event{event}}); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				id := store.EventID(event.ObjectID, event.Kind, event.Cause)
				promises = append(promises, promise{asked: trace.Len(), eventID: id})
				mu.Unlock()
			}
		})
	}
	work.Wait()
	return promises
}

// The power is cut at any point, and what no flush has followed is gone, all of it or parts: every event that somebody was
// told of is there, and the log has no gap. All that SQLite asks of the system is recorded, and done again up to that point.
func TestE24_SQLitePowerCut(t *testing.T) {
	const events = 160
	lostWith := func(t *testing.T, pragma string, cuts int, parts bool) (lost int) {
		t.Helper()
		s := sqlite.fresh(t)
		must(t, store.Pragma(t.Context(), s, pragma))
		must(t, store.Pragma(t.Context(), s, "wal_autocheckpoint = 100")) // so that the database is written too
		path, wal, _ := sqliteFiles("sqlite:" + store.Path(s))
		var base disk
		for i, name := range []string{path, wal} {
			data, err := os.ReadFile(name)
			must(t, err)
			base.files[i] = data
		}
		trace := store.Trace(t, s)
		promises := load(t, s, trace, events)
		ops := trace.Ops()
		if !slices.ContainsFunc(ops, func(op store.DiskOp) bool { return !op.WAL }) {
			t.Error("the database was not written")
		}
		dice := rand.New(rand.NewPCG(7, 7))
		for n := range cuts {
			at := dice.IntN(len(ops) + 1)
			d := disk{files: [2][]byte{append([]byte(nil), base.files[0]...), append([]byte(nil), base.files[1]...)}}
			for _, op := range ops[:at] {
				d.do(op)
			}
			keep := func() bool { return false }
			if parts && n%2 == 1 {
				keep = func() bool { return dice.IntN(2) == 0 }
			}
			lost += lostAfter(t, d.cut(keep), promises, at)
		}
		return lost
	}
	t.Run("as it is set", func(t *testing.T) {
		if lost := lostWith(t, "synchronous = FULL", 16, true); lost > 0 {
			t.Errorf("%d events are lost", lost)
		}
	})
	t.Run("without a flush", func(t *testing.T) {
		if lost := lostWith(t, "synchronous = NORMAL", 4, false); lost == 0 {
			t.Error("no event is lost: the test finds nothing")
		}
	})
}

// lostAfter opens what is left, and counts the events that were promised and are not there.
func lostAfter(t *testing.T, files [2][]byte, promises []promise, asked int) (lost int) {
	t.Helper()
	url := sqlite.url(t)
	path, wal, _ := sqliteFiles(url)
	must(t, os.WriteFile(path, files[0], 0o600))
	must(t, os.WriteFile(wal, files[1], 0o600))
	s, err := store.Open(t.Context(), store.Config{URL: url, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Errorf("after %d: %v", asked, err)
		return 0
	}
	defer func() { must(t, s.Close()) }()
	events, upTo, err := s.ReadLog(t.Context(), 0, store.LogFilter{}, 2*len(promises))
	must(t, err)
	if int64(len(events)) != upTo || upTo != head(t, s).Position {
		t.Errorf("after %d: %d events up to %d, and the head is %+v", asked, len(events), upTo, head(t, s))
	}
	there := map[string]bool{}
	for _, event := range events {
		there[store.EventID(event.ObjectID, event.Kind, event.Cause)] = true
	}
	for _, p := range promises {
		if p.asked <= asked && !there[p.eventID] {
			lost++
		}
	}
	return lost
}
