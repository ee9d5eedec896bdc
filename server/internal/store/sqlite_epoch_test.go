package store_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
)

// sqliteFiles are those of a database: the file itself, what stands beside it, and the note of how far the log has come.
func sqliteFiles(url string) (path, wal, note string) {
	path = strings.TrimPrefix(url, "sqlite:")
	return path, path + "-wal", path + "-epoch"
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	must(t, err)
	must(t, os.WriteFile(to, data, 0o600))
}

// The log of a database that was restored is not the one that its readers know: it is in another epoch, and the operator
// hears of it. Whatever the process is killed at, that is found out, and nothing else is taken for it.
func TestE06_SQLiteRestored(t *testing.T) {
	url := sqlite.url(t)
	path, _, note := sqliteFiles(url)
	copied := filepath.Join(t.TempDir(), "copy.db")
	visits := func(events, warnings int, same bool, before store.Head) store.Head {
		t.Helper()
		h, warned := visit(t, url, events)
		if warned != warnings || (h.Epoch == before.Epoch) != same || h.Epoch == "" {
			t.Errorf("it warned %d times, want %d; the head was %+v and is %+v, of the same epoch: %v", warned, warnings, before,
				h, same)
		}
		return h
	}
	killedAtOpen := func(point string) {
		t.Helper()
		lines, _ := child(t, url, point)
		if lines.Scan() {
			t.Errorf("the child says %q", lines.Text())
		}
	}
	h := visits(0, 0, false, store.Head{})
	h = visits(5, 0, true, h)
	copyFile(t, path, copied)
	h = visits(0, 0, true, h)
	killedAtOpen("epoch.before_commit")
	h = visits(3, 0, true, h)
	killedAtOpen("epoch.after_commit")
	h = visits(0, 0, true, h)

	must(t, os.Rename(copied, path))
	killedAtOpen("epoch.before_commit")
	h = visits(1, 1, false, h)
	if h.Position != 6 {
		t.Errorf("the head is %+v", h)
	}
	h = visits(0, 0, true, h)

	// A copy of the file alone, and one whose note is not to be understood.
	must(t, os.Remove(note))
	h = visits(0, 1, false, h)
	must(t, os.WriteFile(note, []byte("{"), 0o600))
	h = visits(0, 1, false, h)
	visits(0, 0, true, h)
}

// A copy of a new database is no news to anybody, but two copies are two logs.
func TestSQLiteCopiedWhenNew(t *testing.T) {
	url, other := sqlite.url(t), sqlite.url(t)
	h, _ := visit(t, url, 0)
	path, _, _ := sqliteFiles(url)
	copyFile(t, path, strings.TrimPrefix(other, "sqlite:"))
	if copied, warned := visit(t, other, 1); copied.Epoch == h.Epoch || warned != 0 {
		t.Errorf("the copy's head is %+v, and it warned %d times; the other one's is %+v", copied, warned, h)
	}
}

// A log that is shorter than it was is not served: an operator decides.
func TestE25_SQLiteLogCutOff(t *testing.T) {
	url, crashed := sqlite.url(t), sqlite.url(t)
	s := open(t, store.Config{URL: url})
	for n := range 5 {
		publish(t, s, "pi_1", n+1)
	}
	store.NoteHead(s)
	path, wal, note := sqliteFiles(url)
	crashedPath, crashedWAL, crashedNote := sqliteFiles(crashed)
	// The process ends here, and its write-ahead log is lost.
	copyFile(t, path, crashedPath)
	copyFile(t, note, crashedNote)
	refused(t, crashed, "the log of events ends at position 0 and has been at 5")
	refused(t, crashed, "delete "+crashedNote)
	// Found again, it fits.
	copyFile(t, path, crashedPath)
	copyFile(t, wal, crashedWAL)
	h, warned := visit(t, crashed, 0)
	if h.Position != 5 || h.Epoch != head(t, s).Epoch || warned != 0 {
		t.Errorf("the head is %+v, it warned %d times", h, warned)
	}
	// The operator decides to go on with what is left.
	execute(t, sqlite.database(t, crashed), `UPDATE event_log SET head = 3`, `DELETE FROM events WHERE position > 3`)
	refused(t, crashed, "ends at position 3 and has been at 5")
	must(t, os.Remove(crashedNote))
	if again, warned := visit(t, crashed, 1); again.Position != 4 || again.Epoch == h.Epoch || warned != 1 {
		t.Errorf("the head is %+v, it warned %d times", again, warned)
	}
	execute(t, sqlite.database(t, crashed), `UPDATE event_log SET head = 3`)
	refused(t, crashed, "backup")
}

// While the log grows, the note follows it, and rests when it does.
func TestSQLiteNoteFollowsTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		url := sqlite.url(t)
		_, _, path := sqliteFiles(url)
		s, err := store.Open(t.Context(), store.Config{URL: url, Logger: slog.New(slog.DiscardHandler)})
		must(t, err)
		noted := func() string {
			t.Helper()
			data, err := os.ReadFile(path)
			must(t, err)
			return string(data)
		}
		for n := range 3 {
			before := noted()
			publish(t, s, "pi_1", n+1)
			<-time.After(9 * time.Second)
			if noted() != before {
				t.Errorf("it was noted before its time: %s", noted())
			}
			<-time.After(2 * time.Second)
			if want := `"head":` + string(rune('1'+n)); !strings.Contains(noted(), want) {
				t.Errorf("the note is %s, want %s in it", noted(), want)
			}
		}
		must(t, os.Remove(path))
		<-time.After(time.Hour)
		if _, err := os.Stat(path); err == nil {
			t.Error("it is noted though nothing has happened")
		}
		must(t, s.Close())
	})
}
