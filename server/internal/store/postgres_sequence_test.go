package store_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/store"
	"github.com/tillgate/tillgate/server/internal/store/pgcluster"
)

var full = flag.Bool("full", false, "the full size of what else is tested at a small one")

// sized is the small size of a test, or its full one.
func sized(small, whole int) int {
	if *full {
		return whole
	}
	return small
}

// commitsSlowly makes every transaction that writes events take up to 50 ms, at random, between its last row and its commit.
// Most take much less.
var commitsSlowly = []string{
	`CREATE FUNCTION commit_slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF current_setting('tillgate.slept', true) IS DISTINCT FROM pg_current_xact_id()::text THEN
			PERFORM set_config('tillgate.slept', pg_current_xact_id()::text, true);
			PERFORM pg_sleep(0.05 * power(random(), 5));
		END IF;
		RETURN NULL;
	END $$`,
	`CREATE CONSTRAINT TRIGGER commit_slowly AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
		EXECUTE FUNCTION commit_slowly()`,
}

// Many processes write at once and commit in another order than they insert: who reads on from the last position misses
// nothing, and sees the events of each object in their order.
func TestE01_NoGapForATailingReader(t *testing.T) {
	const writers, objects = 32, 40
	n := sized(3_000, 100_000)
	url := pgcluster.Database(t)
	var stores []store.Store
	for range 4 {
		s := open(t, store.Single(store.Config{URL: url}))
		sequence(t, s)
		stores = append(stores, s)
	}
	execute(t, engines[1].database(t, url), commitsSlowly...)
	var mu [objects]sync.Mutex
	var written [objects]int
	var left atomic.Int64
	left.Store(int64(n))
	var work sync.WaitGroup
	for w := range writers {
		work.Go(func() {
			for left.Add(-1) >= 0 {
				i := rand.IntN(objects)
				mu[i].Lock()
				written[i]++
				publish(t, stores[w%len(stores)], fmt.Sprintf("obj_%d", i), written[i])
				mu[i].Unlock()
			}
		})
	}
	r := &reader{store: stores[0]}
	for begun := time.Now(); r.seen < n; {
		r.more(t)
		if time.Since(begun) > patience+time.Duration(n)*2*time.Millisecond {
			t.Fatalf("%d events were read, want %d", r.seen, n)
		}
	}
	work.Wait()
	r.more(t)
	if head, err := stores[1].Head(t.Context()); err != nil || head.Position != int64(n) || r.seen != n {
		t.Errorf("the head is %+v, %v; and %d events were read, want %d", head, err, r.seen, n)
	}
}

// A transaction that stays open keeps nobody's events back, and its own come once it commits.
func TestE02_LongTransaction(t *testing.T) {
	url := pgcluster.Database(t)
	s := open(t, store.Config{URL: url})
	sequence(t, s)
	tx, err := engines[1].database(t, url).BeginTx(t.Context(), nil)
	must(t, err)
	if _, err := tx.ExecContext(t.Context(), insertEventSlowly, "ev_slow", "obj_slow"); err != nil {
		t.Fatal(err)
	}
	r := &reader{store: s}
	open := time.Now()
	for n := 1; n < 10 || time.Since(open) < time.Duration(sized(1, 60))*time.Second; n++ {
		begun := time.Now()
		publish(t, s, "obj_1", n)
		r.read(t, n)
		if took := time.Since(begun); took > patience/4 {
			t.Errorf("the event %d came after %v", n, took)
		}
		pauseFor(t, 50*time.Millisecond)
	}
	must(t, tx.Commit())
	seen := r.seen
	r.read(t, seen+1)
	if r.last["obj_slow"] != 1 {
		t.Error("the event of the long transaction did not come")
	}
	publish(t, s, "obj_slow", 2)
	r.read(t, seen+2)
}

// insertEventSlowly is what a store does, in a transaction of the test's.
const insertEventSlowly = `INSERT INTO events (event_id, object_id, object_kind, kind, cause, operation_id, stripe_event_id,
		occurred, time) VALUES ($1, $2, 'thing', 'thing.changed', 'evt', '1', '', now(), now())`

// pauseFor waits for a database, which has no clock of ours.
func pauseFor(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-t.Context().Done():
	case <-time.After(d):
	}
}

// Who numbers events is killed again and again while it does: no position is missing, and none is given twice.
func TestE04_SequencerKilled(t *testing.T) {
	url := pgcluster.Database(t)
	stores := []store.Store{open(t, store.Config{URL: url}), open(t, store.Config{URL: url})}
	for _, s := range stores {
		sequence(t, s)
	}
	db := engines[1].database(t, url)
	// A statement that numbers takes a while, so that it is killed in the middle of it.
	execute(t, db, `CREATE FUNCTION number_slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			PERFORM pg_sleep(0.0005); RETURN NULL; END $$`,
		`CREATE TRIGGER number_slowly AFTER UPDATE ON events FOR EACH ROW EXECUTE FUNCTION number_slowly()`)
	stop := make(chan struct{})
	var n [2]int
	var work sync.WaitGroup
	end := sync.OnceFunc(func() {
		close(stop)
		work.Wait()
	})
	defer end()
	for i, s := range stores {
		work.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					n[i]++
					publish(t, s, fmt.Sprintf("obj_%d", i), n[i])
				}
			}
		})
	}
	r := &reader{store: stores[1]}
	for range sized(8, 200) {
		seen := r.seen
		eventually(t, "events are numbered", func() bool {
			r.more(t)
			return r.seen > seen
		})
		eventually(t, "who numbers is killed", func() bool { return count(t, db, killSequencer) > 0 })
	}
	end()
	r.read(t, n[0]+n[1])
}

var killSequencer = fmt.Sprintf(`SELECT count(*) FROM (SELECT pg_terminate_backend(pid) AS killed FROM pg_locks
	WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND (classid::bigint << 32 | objid::bigint) = %d
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS all_of_them WHERE killed`,
	store.SequencerLock)

// The process that numbers events hangs, with its connection open: another one takes its place, and what the first one still
// sends numbers nothing.
func TestE05_SequencerHangs(t *testing.T) {
	direct := pgcluster.Database(t)
	p := newProxy(t, direct)
	hangs, other := open(t, store.Config{URL: p.url}), open(t, store.Config{URL: direct})
	store.StandLimit(other, 500*time.Millisecond)
	sequence(t, hangs)
	r := &reader{store: other}
	publish(t, other, "obj_1", 1)
	r.read(t, 1)
	sequence(t, other)
	goOn := make(chan struct{})
	p.loseBy(func(*proxy) loss {
		<-goOn
		return 0
	})
	for n := 2; n < 10; n++ {
		publish(t, other, "obj_1", n)
	}
	r.read(t, 9)
	p.loses.Store(nil)
	close(goOn)
	for n := 10; n < 20; n++ {
		publish(t, other, "obj_1", n)
		publish(t, hangs, "obj_2", n)
	}
	r.read(t, 29)
}
