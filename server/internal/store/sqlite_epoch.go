package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	// What the log must know after a start: its epoch, and the process that had it last.
	factEpoch, factIncarnation = "log_epoch", "log_incarnation"

	selectLogEnd = `SELECT head, coalesce((SELECT max(position) FROM events), 0) FROM event_log`

	// noteHeadEvery is how far the note beside the database may lag behind the log.
	noteHeadEvery = 10 * time.Second
)

// sqliteEpoch says whether the log is the one that readers know. A database that was restored looks as good as any. So a
// note stands beside it, of how far the log had come, and in which process's life: each life has a name, which both hold.
type sqliteEpoch struct {
	// path is that of the note.
	path string
	// name is the epoch, incarnation the life. They do not change while the store is open.
	name, incarnation string

	mu    sync.Mutex
	timer *time.Timer
}

// epochNote is what stands in the file.
type epochNote struct {
	Incarnation string `json:"incarnation"`
	// Previous is the life before, as long as it is not sure that the database knows of the new one.
	Previous string `json:"previous,omitempty"`
	Head     int64  `json:"head"`
}

// is whether the database, which knows its last life, is the one of the note.
func (n epochNote) is(incarnation string) bool {
	return incarnation != "" && (n.Incarnation == incarnation || n.Previous == incarnation)
}

// openEpoch compares the log with the note, and begins a new life. The log is in a new epoch where it is another one.
func (s *sqliteStore) openEpoch(ctx context.Context) error {
	s.epoch.path = s.path + "-epoch"
	var before string
	for fact, value := range map[string]*string{factEpoch: &s.epoch.name, factIncarnation: &before} {
		err := s.readers.QueryRowContext(ctx, selectFact, fact).Scan(value)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read the epoch of the log: %w", sqliteError(err))
		}
	}
	var head, newest int64
	if err := s.readers.QueryRowContext(ctx, selectLogEnd).Scan(&head, &newest); err != nil {
		return fmt.Errorf("read the end of the log: %w", sqliteError(err))
	}
	if newest > head {
		return fmt.Errorf("%w (an event stands at position %d, and the log ends at %d)", errDamaged, newest, head)
	}
	note, found, err := readEpochNote(s.epoch.path)
	if err != nil {
		return err
	}
	if found && note.is(before) && head < note.Head {
		return fmt.Errorf("the log of events ends at position %d and has been at %d: a part of the database is lost; restore "+
			"a backup in its place, or delete %s to go on with what is there, under a new epoch: consumers must choose anew "+
			"where to begin", head, note.Head, s.epoch.path)
	}
	life := epochNote{Incarnation: rand.Text(), Previous: before, Head: head}
	if s.epoch.name == "" || !found || !note.is(before) {
		// Until the database holds it, the next start must find that the two do not fit.
		life.Previous = ""
		s.epoch.name = rand.Text()
		if head > 0 || found {
			s.Logger.LogAttrs(ctx, slog.LevelWarn, "the database is a copy or was restored: its log of events begins a new epoch, "+
				"and consumers must choose anew where to begin", slog.String("path", s.path), slog.Int64("head", head))
		}
	}
	return s.beginLife(ctx, life)
}

// beginLife writes it down in both places, the note first: whatever a crash leaves, they fit together.
func (s *sqliteStore) beginLife(ctx context.Context, life epochNote) error {
	if err := writeEpochNote(s.epoch.path, life); err != nil {
		return err
	}
	err := s.change(ctx, "epoch", func(ctx context.Context, w *writer, _ time.Time) error {
		if _, err := w.exec(ctx, writeFact, factEpoch, s.epoch.name); err != nil {
			return err
		}
		_, err := w.exec(ctx, writeFact, factIncarnation, life.Incarnation)
		return err
	})
	if err != nil {
		return fmt.Errorf("write the epoch of the log: %w", err)
	}
	// It must be in the file itself: without its write-ahead log, the database would pass for a copy from before this life.
	if _, err := s.writer.conn.ExecContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
		return fmt.Errorf("write the epoch of the log: %w", sqliteError(err))
	}
	s.epoch.incarnation, life.Previous = life.Incarnation, ""
	return writeEpochNote(s.epoch.path, life)
}

// noteLater calls note in a while, however often it is called until then.
func (e *sqliteEpoch) noteLater(note func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.timer != nil {
		return
	}
	e.timer = time.AfterFunc(noteHeadEvery, func() {
		e.stop()
		note()
	})
}

func (e *sqliteEpoch) stop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.timer != nil {
		e.timer.Stop()
		e.timer = nil
	}
}

// noteHead writes down how far the log has come, while the store is open.
func (s *sqliteStore) noteHead() {
	if s.enter() != nil {
		return
	}
	defer s.leave()
	s.noteHeadNow()
}

// noteHeadNow does no harm where it can not: an older note is as true, and says less.
func (s *sqliteStore) noteHeadNow() {
	var head, newest int64
	err := s.readers.QueryRowContext(context.Background(), selectLogEnd).Scan(&head, &newest)
	if err == nil {
		err = writeEpochNote(s.epoch.path, epochNote{Incarnation: s.epoch.incarnation, Head: head})
	}
	if err != nil {
		s.Logger.LogAttrs(context.Background(), slog.LevelWarn, "the end of the log can not be noted beside the database",
			slog.String("path", s.epoch.path), slog.Any("error", err))
	}
}

// readEpochNote reads the file. One that can not be understood is of no life.
func readEpochNote(path string) (note epochNote, found bool, err error) {
	data, err := os.ReadFile(path) //nolint:gosec // the operator chose the path
	if errors.Is(err, os.ErrNotExist) {
		return epochNote{}, false, nil
	}
	if err != nil {
		return epochNote{}, false, fmt.Errorf("read the note of the log's end: %w", err)
	}
	_ = json.Unmarshal(data, &note)
	return note, true, nil
}

// writeEpochNote replaces the file as a whole, and returns when that is on disk.
func writeEpochNote(path string, note epochNote) (err error) {
	defer func() { err = wrap("note the log's end", err) }()
	data, err := json.Marshal(note)
	if err != nil {
		return err
	}
	if err := writeSynced(path+"-new", data); err != nil {
		return err
	}
	if err := os.Rename(path+"-new", path); err != nil {
		return err
	}
	directory, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}

func writeSynced(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600) //nolint:gosec // the operator chose the path
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
