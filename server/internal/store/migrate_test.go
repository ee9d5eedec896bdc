package store_test

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/tillgate/tillgate/server/internal/store"
)

func TestMigrate(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			var log bytes.Buffer
			c := store.Config{URL: e.url(t), Logger: slog.New(slog.NewJSONHandler(&log, nil))}
			migrate := func(apply, want bool) []store.Migration {
				t.Helper()
				list, err := store.Migrate(t.Context(), c, apply)
				must(t, err)
				if len(list) == 0 {
					t.Fatal("there is no migration")
				}
				for i, m := range list {
					if m.Version != int64(i+1) || m.Name == "" || m.Applied != want || m.AppliedAt.IsZero() == want {
						t.Errorf("migration %+v; want it applied: %v", m, want)
					}
				}
				return list
			}
			list := migrate(false, false)
			if e.name == "sqlite" {
				if _, err := os.Stat(strings.TrimPrefix(c.URL, "sqlite:")); err == nil {
					t.Error("to look has made the file")
				}
				must(t, os.WriteFile(strings.TrimPrefix(c.URL, "sqlite:"), nil, 0o600))
				migrate(false, false)
			} else if n := count(t, e.database(t, c.URL),
				`SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'`); n != 0 {
				t.Errorf("to look has made %d tables", n)
			}
			if log.Len() > 0 {
				t.Errorf("to look is logged: %s", &log)
			}
			migrate(true, true)
			if lines := strings.Count(log.String(), "\n"); lines != len(list) {
				t.Errorf("%d lines in the log of %d migrations:\n%s", lines, len(list), &log)
			}
			if !strings.Contains(log.String(), `"msg":"migration applied","version":1,"name":"00001_operations"`) {
				t.Errorf("log: %s", &log)
			}
			log.Reset()
			migrate(true, true)
			migrate(false, true)
			begin(t, open(t, c), request("op_1"))
			if log.Len() > 0 {
				t.Errorf("nothing was applied, and this is logged: %s", &log)
			}
		})
	}
}
