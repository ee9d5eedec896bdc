package store_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tillgate/tillgate/server/internal/store"
)

var sqlite = engines[0]

// refused opens a store and wants an error with this in it.
func refused(t *testing.T, url, want string) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: url})
	if err == nil {
		_ = s.Close()
		t.Fatalf("it was opened, want an error with %q", want)
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("error is %q, want one with %q", err, want)
	}
}

func TestSQLiteFileRights(t *testing.T) {
	url := sqlite.url(t)
	begin(t, open(t, store.Config{URL: url}), request("op_1"))
	directory := filepath.Dir(strings.TrimPrefix(url, "sqlite:"))
	seen := 0
	must(t, filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s may be read by others: %v", filepath.Base(path), info.Mode())
		}
		seen++
		return err
	}))
	if seen < 3 {
		t.Errorf("%d files", seen)
	}
}

// A file that can not be trusted is refused with what to do, and left as it is.
func TestSQLiteDamagedFile(t *testing.T) {
	const page = 4096
	damages := map[string]func(data []byte) []byte{
		"another header": func(data []byte) []byte { copy(data, "no database"); return data },
		"another file":   func([]byte) []byte { return bytes.Repeat([]byte("not a database\n"), 1000) },
		"flipped bytes": func(data []byte) []byte {
			for at := 2 * page; at < len(data); at += page {
				data[at] ^= 0xff
			}
			return data
		},
		"one page": func(data []byte) []byte {
			data[bytes.Index(data, []byte("key-op_025"))/page*page] ^= 0xff
			return data
		},
		"cut off": func(data []byte) []byte { return data[:len(data)/2/page*page] },
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			url := sqlite.url(t)
			path := strings.TrimPrefix(url, "sqlite:")
			s, err := store.Open(t.Context(), store.Config{URL: url})
			must(t, err)
			for _, id := range numbered(50) {
				begin(t, s, request(id))
				finish(t, s, id, 1, store.Succeeded)
			}
			must(t, s.Close())
			whole, err := os.ReadFile(path)
			must(t, err)
			damaged := damage(bytes.Clone(whole))
			must(t, os.WriteFile(path, damaged, 0o600))

			refused(t, url, "backup")
			if left, err := os.ReadFile(path); err != nil || !bytes.Equal(left, damaged) {
				t.Errorf("the file was changed: %v", err)
			}
			must(t, os.WriteFile(path, whole, 0o600))
			get(t, open(t, store.Config{URL: url}), "op_049")
		})
	}
}

func TestSQLitePaths(t *testing.T) {
	directory := t.TempDir()
	t.Run("strange name", func(t *testing.T) {
		url := "sqlite:" + filepath.Join(directory, "a b?c%20d#e&f.db")
		begin(t, open(t, store.Config{URL: url}), request("op_1"))
		if _, err := os.Stat(strings.TrimPrefix(url, "sqlite:")); err != nil {
			t.Error(err)
		}
	})
	t.Run("two names of one file", func(t *testing.T) {
		path := filepath.Join(directory, "store.db")
		must(t, os.Mkdir(filepath.Join(directory, "elsewhere"), 0o700))
		must(t, os.Symlink(path, filepath.Join(directory, "elsewhere", "link.db")))
		must(t, os.Symlink(directory, filepath.Join(directory, "elsewhere", "directory")))
		open(t, store.Config{URL: "sqlite:" + filepath.Join(directory, "elsewhere", "link.db")})
		refused(t, "sqlite:"+path, "another process")
		refused(t, "sqlite:"+filepath.Join(directory, "elsewhere", "link.db"), "another process")
		refused(t, "sqlite:"+filepath.Join(directory, "elsewhere", "directory", "store.db"), "another process")
	})
	t.Run("a directory", func(t *testing.T) {
		refused(t, "sqlite:"+directory, "no regular file")
	})
	t.Run("a directory that is not there", func(t *testing.T) {
		refused(t, "sqlite:"+filepath.Join(directory, "none", "store.db"), "directory")
	})
}

func TestSQLiteVersion(t *testing.T) {
	versions := map[string]bool{
		"3.51.3": true, "3.51.10": true, "3.52.0": true, "4.0.0": true,
		"3.51.2": false, "3.50.9": false, "3.9.9": false, "2.99.99": false, "new": false, "": false,
	}
	for version, want := range versions {
		if err := store.CheckVersion(version); (err == nil) != want {
			t.Errorf("version %q: %v", version, err)
		}
	}
}

// What the few open operations are listed by must not read all the others.
func TestSQLiteListOpen(t *testing.T) {
	s := sqlite.fresh(t)
	plans := map[string]store.Filter{
		"operations_due":       {States: []store.State{store.Unknown}},
		"operations_began":     {},
		"operations_of_caller": {Caller: "shop"},
	}
	for index, filter := range plans {
		plan, err := store.Explain(t.Context(), s, filter)
		must(t, err)
		if !strings.Contains(plan, "INDEX "+index) {
			t.Errorf("listed by %q, want %s", plan, index)
		}
	}
}

// An older build must not write into what a newer one has changed.
func TestSQLiteNewerSchema(t *testing.T) {
	url := sqlite.url(t)
	s, err := store.Open(t.Context(), store.Config{URL: url})
	must(t, err)
	must(t, s.Close())
	execute(t, sqlite.database(t, url), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)`)
	refused(t, url, "schema version 99 and this build knows none above 4")
	list, err := store.Migrate(t.Context(), store.Config{URL: url}, false)
	must(t, err)
	if last := list[len(list)-1]; last.Version != 99 || !last.Applied {
		t.Errorf("listed as %+v", last)
	}
}

// The settings that make a commit durable hold for every connection that writes, also for one that took another's place.
func TestSQLiteWriterInDoubt(t *testing.T) {
	url := sqlite.url(t)
	panics := true
	s := open(t, store.Config{URL: url, Crash: func(point string) {
		if panics && point == "begin.before_commit" {
			panic("a test's") //nolint:forbidigo // it stands for a mistake of ours
		}
	}})
	func() {
		defer func() { _ = recover() }()
		_, _, err := s.Begin(context.WithoutCancel(t.Context()), request("op_1"))
		t.Errorf("it did not panic: %v", err)
	}()
	panics = false
	begin(t, s, request("op_2"))
	_, err := s.Get(t.Context(), "op_1")
	wantError(t, err, store.ErrNotFound)
	if n := count(t, sqlite.database(t, url), `SELECT count(*) FROM operations`); n != 1 {
		t.Errorf("%d operations", n)
	}
}

// What was erased is gone from the file.
func TestSQLiteErasedFromFile(t *testing.T) {
	url := sqlite.url(t)
	s, err := store.Open(t.Context(), store.Config{URL: url})
	must(t, err)
	b := request("op_1")
	b.Parameters = []byte("a secret of the parameters")
	begin(t, s, b)
	finish(t, s, "op_1", 1, store.Succeeded)
	must(t, s.Close())
	data, err := os.ReadFile(strings.TrimPrefix(url, "sqlite:"))
	must(t, err)
	if bytes.Contains(data, b.Parameters) {
		t.Error("the parameters are still in the file")
	}
}

// Who brings no token can not be told from others, and is never told that they began it.
func TestSQLiteBeginWithoutToken(t *testing.T) {
	s := sqlite.fresh(t)
	b := request("op_1")
	b.Token, b.Lease = nil, over
	for range 2 {
		if _, begun, err := s.Begin(t.Context(), b); begun || err != nil {
			t.Errorf("Begin = %v, %v", begun, err)
		}
		claim(t, s, 1)
	}
}
