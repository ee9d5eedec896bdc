package config

import (
	"bytes"
	"context"
	"io/fs"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// lookEvery is how often a watched file is read.
	lookEvery = 5 * time.Second
	// settleFor is how long a file must have stayed the same to count as written: an editor writes in pieces. After
	// settleTries what is in it is looked at as it is.
	settleFor   = 100 * time.Millisecond
	settleTries = 20
)

// File is a file whose new content is to be in force without a restart.
type File struct {
	// Name is that of the flag, without dashes in front: `callers`. The log and the metrics name the file so, and not by
	// its path, which may be a secret that somebody took for its file.
	Name, Path string
	// Load puts what the file holds in force: all of it or, with an error, nothing. Its error shows no secret. It is also
	// called at the beginning, since the file may have changed after the flags were read.
	Load func(content []byte) error
	// Private is what to warn of where other users may read the file; empty where they may.
	Private string
	// Every is how often to look. Default: 5 s.
	Every time.Duration
	// Again asks to look at once, as after SIGHUP; each file needs a channel of its own. It may be nil.
	Again <-chan struct{}
	// Failed is 1 while what the file holds is not in force; NewReloadFailed makes it. It may be nil.
	Failed *prometheus.GaugeVec
	// Logger hears of every change.
	Logger *slog.Logger
}

// NewReloadFailed registers the gauge for File.Failed, tillgate_config_reload_failed.
func NewReloadFailed(r prometheus.Registerer) (*prometheus.GaugeVec, error) {
	gauge := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "tillgate_config_reload_failed",
		Help: "1 while a watched file has faults, so that what it held before is still in force.",
	}, []string{"file"})
	return gauge, r.Register(gauge)
}

// WatchFile loads a file anew whenever its content changes, until the context ends. Content with faults leaves in force
// what was before, and is told of once, with an ERROR line; so is a file that can not be read.
func WatchFile(ctx context.Context, f File) {
	if f.Every <= 0 {
		f.Every = lookEvery
	}
	w := watcher{File: f}
	ticker := time.NewTicker(f.Every)
	defer ticker.Stop()
	for {
		w.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-f.Again:
		}
	}
}

// watcher is a file, and what it held when it was looked at last.
type watcher struct {
	File

	looked  bool
	content []byte
	// fault is why it could not be read; empty where it could.
	fault string
	// exposed is whether it is private, and other users could read it.
	exposed bool
}

// look loads what the file holds, where that is not what it held.
func (w *watcher) look(ctx context.Context) {
	content, mode, err := w.read(ctx)
	if ctx.Err() != nil {
		return
	}
	fault := ""
	if err != nil {
		fault = withoutPath(err).Error()
	}
	same := w.looked && fault == w.fault && bytes.Equal(content, w.content)
	exposed := err == nil && w.Private != "" && readableByOthers(mode)
	if exposed && w.looked && (!same || !w.exposed) { // The start has warned of what it found.
		w.Logger.WarnContext(ctx, w.Private, "file", w.Name)
	}
	w.exposed = exposed
	if same {
		return
	}
	first := !w.looked
	w.looked, w.fault, w.content = true, fault, content
	if err == nil {
		err = w.Load(content)
	}
	if w.Failed != nil {
		w.Failed.WithLabelValues(w.Name).Set(failed(err))
	}
	switch {
	case err != nil:
		w.Logger.ErrorContext(ctx, "a changed file is not loaded; what it held before stays in force",
			"file", w.Name, "error", withoutSecrets(withoutPath(err)).Error())
	case !first:
		w.Logger.InfoContext(ctx, "a changed file is loaded", "file", w.Name)
	}
}

// read returns what the file holds, once that stays the same for a moment.
func (w *watcher) read(ctx context.Context) ([]byte, fs.FileMode, error) {
	content, mode, err := readFile(w.Path)
	if !w.looked {
		return content, mode, err // the server stands on it already
	}
	for range settleTries {
		if err == nil && w.fault == "" && bytes.Equal(content, w.content) {
			break
		}
		select {
		case <-ctx.Done():
			return nil, 0, ctx.Err()
		case <-time.After(settleFor):
		}
		before, beforeErr := content, err
		content, mode, err = readFile(w.Path)
		if (err == nil) == (beforeErr == nil) && bytes.Equal(content, before) {
			break
		}
	}
	return content, mode, err
}

func failed(err error) float64 {
	if err != nil {
		return 1
	}
	return 0
}
