package store_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/tillgate/tillgate/server/internal/store"
)

const walHeader, walFrame = 32, 24 + 4096

// frame is the number of the frame in a write-ahead log that ends the n-th commit from the end, counted from 0 on. Behind them
// may stand older ones, of other salts.
func frame(log []byte, commit int) int {
	for n := (len(log) - walHeader) / walFrame; n > 0; n-- {
		header := log[walHeader+(n-1)*walFrame:]
		if bytes.Equal(header[8:16], log[16:24]) && !bytes.Equal(header[4:8], make([]byte, 4)) {
			if commit == 0 {
				return n
			}
			commit--
		}
	}
	return 0
}

// SQLite takes a write-ahead log for ended where it is wrong, and forgets the commits behind that. Those are missed: the
// store does not open. What a power cut does to the last commit, which nobody was told of, is nothing to stop at.
func TestE25_SQLiteDamagedWAL(t *testing.T) {
	flip := func(commit, at int) func(log []byte) []byte {
		return func(log []byte) []byte {
			log[walHeader+(frame(log, commit)-1)*walFrame+at] ^= 0x10
			return log
		}
	}
	tests := map[string]struct {
		damage func(log []byte) []byte
		// left is how many events are there, of 10. 0: it is refused.
		left int64
	}{
		"whole":                       {func(log []byte) []byte { return log }, 10},
		"the last frame is cut":       {func(log []byte) []byte { return log[:walHeader+(frame(log, 0)-1)*walFrame+100] }, 9},
		"the last page is torn":       {flip(0, 24+4000), 9},
		"the last header is torn":     {flip(0, 12), 9},
		"a page within":               {flip(3, 24+77), 0},
		"the salt of a frame within":  {flip(3, 9), 0},
		"a checksum within":           {flip(5, 17), 0},
		"the number of a page within": {flip(4, 3), 0},
		"the mark of a commit":        {flip(4, 7), 0},
		"the salt of all": {func(log []byte) []byte {
			log[17] ^= 1
			return log
		}, 0},
		"the size of pages": {func(log []byte) []byte {
			log[10] ^= 0xff
			return log
		}, 0},
		"garbage behind": {func(log []byte) []byte { return append(log, bytes.Repeat([]byte("garbage."), 4096)...) }, 10},
		"an older log behind": {func(log []byte) []byte {
			old := bytes.Clone(log[walHeader:])
			for at := 0; at+walFrame <= len(old); at += walFrame {
				old[at+8] ^= 0xff // of another salt
			}
			return append(log, old...)
		}, 10},
	}
	s := sqlite.fresh(t)
	url := store.Path(s)
	for n := range 10 {
		publish(t, s, "pi_1", n+1)
	}
	path, wal, _ := sqliteFiles(url)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			// The process ends here, and its files are as they are.
			crashed := sqlite.url(t)
			crashedPath, crashedWAL, _ := sqliteFiles(crashed)
			copyFile(t, path, crashedPath)
			whole, err := os.ReadFile(wal)
			must(t, err)
			damaged := test.damage(whole)
			must(t, os.WriteFile(crashedWAL, damaged, 0o600))
			if test.left > 0 {
				if h := head(t, open(t, store.Config{URL: crashed})); h.Position != test.left {
					t.Errorf("%d events are left, want %d", h.Position, test.left)
				}
				return
			}
			refused(t, crashed, "commits stand behind it")
			refused(t, crashed, "backup")
			if left, err := os.ReadFile(crashedWAL); err != nil || !bytes.Equal(left, damaged) {
				t.Errorf("the file was changed: %v", err)
			}
		})
	}
}
