package store_test

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

// setClock sets the database's clock so many hours ahead.
func setClock(t *testing.T, db *sql.DB, hours int) {
	t.Helper()
	execute(t, db, fmt.Sprintf(`CREATE OR REPLACE FUNCTION tillgate_now() RETURNS timestamptz LANGUAGE sql VOLATILE
		AS 'SELECT clock_timestamp() + interval ''%d hours'''`, hours))
}

func wantAge(t *testing.T, op store.Operation, least, most time.Duration) {
	t.Helper()
	if op.Age < least || op.Age > most {
		t.Errorf("%s has the age %v, want %v to %v", op.ID, op.Age, least, most)
	}
}

// A clock that jumps never makes an operation younger than it is.
func TestM29_PostgresClockJumps(t *testing.T) {
	url := pgcluster.Database(t)
	s := open(t, store.Config{URL: url})
	db := engines[1].database(t, url)
	begin(t, s, request("op_1"))
	wantAge(t, get(t, s, "op_1"), 0, time.Minute)

	setClock(t, db, 25)
	begin(t, s, request("op_2"))
	wantAge(t, get(t, s, "op_1"), 25*time.Hour, 26*time.Hour)
	wantAge(t, get(t, s, "op_2"), 0, time.Minute)

	setClock(t, db, 0)
	for _, id := range []string{"op_1", "op_2"} {
		wantAge(t, get(t, s, id), store.MaxAge, store.MaxAge)
	}
	setClock(t, db, -25)
	wantAge(t, get(t, s, "op_1"), store.MaxAge, store.MaxAge)
	// What began before the clock went back is as uncertain when it has come as far again.
	setClock(t, db, 26)
	begin(t, s, request("op_3"))
	wantAge(t, get(t, s, "op_1"), store.MaxAge, store.MaxAge)
	wantAge(t, get(t, s, "op_3"), 0, time.Minute)
}

// The same over a restart, in which the next process has only what stands in the database to compare with.
func TestM29_PostgresClockJumpsOverRestart(t *testing.T) {
	for _, tt := range []struct {
		name string
		// before is what the first process did, and when.
		before func(t *testing.T, s store.Store, db *sql.DB)
		// hours is where the clock stands when the second one starts.
		hours int
		want  time.Duration
	}{
		{"it stands", func(*testing.T, store.Store, *sql.DB) {}, 0, 0},
		{"forward", func(*testing.T, store.Store, *sql.DB) {}, 25, 25 * time.Hour},
		{"back, to before the row", func(*testing.T, store.Store, *sql.DB) {}, -25, store.MaxAge},
		{"back, with a newer row that tells", func(t *testing.T, s store.Store, db *sql.DB) {
			t.Helper()
			setClock(t, db, 25)
			begin(t, s, request("op_2"))
		}, 1, store.MaxAge},
		{"back, with a claim that tells", func(t *testing.T, s store.Store, db *sql.DB) {
			t.Helper()
			setClock(t, db, 25)
			postpone(t, s, "op_1", store.Unknown, over)
			claim(t, s, 1)
		}, 0, store.MaxAge},
		{"back before the restart, and as far again since", func(t *testing.T, s store.Store, db *sql.DB) {
			t.Helper()
			setClock(t, db, 25)
			get(t, s, "op_1")
			setClock(t, db, 0)
			get(t, s, "op_1")
			claim(t, s, 1)
		}, 26, store.MaxAge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			url := pgcluster.Database(t)
			db := engines[1].database(t, url)
			first := open(t, store.Config{URL: url}) // it does not close in order before the other starts
			begin(t, first, request("op_1"))
			tt.before(t, first, db)
			setClock(t, db, tt.hours)
			second := open(t, store.Config{URL: url})
			most := tt.want
			if most < store.MaxAge {
				most += time.Minute
			}
			wantAge(t, get(t, second, "op_1"), tt.want, most)
		})
	}
}

// What a process knew of the clock when it closed is known after the next start.
func TestM29_PostgresClockRememberedAtClose(t *testing.T) {
	url := pgcluster.Database(t)
	db := engines[1].database(t, url)
	s := open(t, store.Config{URL: url})
	begin(t, s, request("op_1"))
	setClock(t, db, 25)
	get(t, s, "op_1")
	must(t, s.Close())
	setClock(t, db, 0)
	wantAge(t, get(t, open(t, store.Config{URL: url}), "op_1"), store.MaxAge, store.MaxAge)
}
