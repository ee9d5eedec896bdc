package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// maxFile bounds what is read of a file that is watched.
const maxFile = 16 << 20

var (
	errFileTooLarge = errors.New("it is larger than 16 MiB")
	errNotRegular   = errors.New("it is not a regular file")
)

// readFile returns what a file holds that is or will be watched, and its mode. It never waits: whatever is no regular
// file, links followed, may have nothing to read for ever, and so is refused.
func readFile(path string) ([]byte, fs.FileMode, error) {
	// To open a device may do something to it, so that it is looked at before.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, 0, errNotRegular
	}
	// Another may have taken its place since. To open a pipe would wait for somebody who writes.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) //nolint:gosec // the operator named it
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNotRegular
	}
	if err != nil {
		return nil, 0, err
	}
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(content) > maxFile {
		return nil, 0, errFileTooLarge
	}
	return content, info.Mode(), err
}

// readableByOthers is whether others than its owner may do anything with a file.
func readableByOthers(mode fs.FileMode) bool { return mode.Perm()&0o077 != 0 }
