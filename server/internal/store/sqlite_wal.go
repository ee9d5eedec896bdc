package store

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// The layout of a write-ahead log: https://sqlite.org/fileformat2.html#the_write_ahead_log
const (
	walHeaderSize, walFrameHeaderSize = 32, 24
	// The last bit of the magic number is the order of bytes in checksums.
	walMagic = 0x377f0682
)

// checkWAL finds damage that SQLite takes for the end of what was written. It reads a log up to the first frame that is
// wrong, and forgets the rest: right where a power cut tore the last commit, and wrong where there are commits behind it,
// since each of them was begun when the one before was on disk. There may be one of the torn commit's own.
func checkWAL(path string) error {
	file, err := os.Open(path) //nolint:gosec // the operator chose the path
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the database's write-ahead log: %w", err)
	}
	defer func() { _ = file.Close() }()
	wrong, commits, err := walkWAL(bufio.NewReaderSize(file, 1<<20))
	if err != nil {
		return fmt.Errorf("read the database's write-ahead log: %w", err)
	}
	if commits > 1 {
		return fmt.Errorf("%w (frame %d of %s is wrong, and %d commits stand behind it)", errDamaged, wrong, path, commits)
	}
	return nil
}

// walkWAL returns the number of the first frame that is wrong, counted from 1 on, 0 for the header, and how many commits
// stand behind it.
func walkWAL(log io.Reader) (wrong, commits int, err error) {
	header := make([]byte, walHeaderSize)
	if _, err := io.ReadFull(log, header); err != nil {
		return 0, 0, endOfWAL(err)
	}
	sums, pageSize := newWALSums(header)
	right := sums.add(header[:24]) == walSumOf(header[24:])
	salts := header[16:24]
	frame := make([]byte, walFrameHeaderSize+pageSize)
	for n := 1; ; n++ {
		if _, err := io.ReadFull(log, frame); err != nil {
			return wrong, commits, endOfWAL(err)
		}
		if n == 1 && !right {
			salts = bytes.Clone(frame[8:16]) // The header says nothing.
		}
		sums.add(frame[:8])
		follows := sums.add(frame[walFrameHeaderSize:]) == walSumOf(frame[16:]) && bytes.Equal(frame[8:16], salts)
		commit := binary.BigEndian.Uint32(frame[4:]) > 0
		switch {
		case right && !follows:
			right, wrong = false, n
		case !right && follows && commit:
			commits++
		}
		// What follows a wrong frame was summed up from what stands in it.
		sums.sum = walSumOf(frame[16:])
	}
}

// endOfWAL is no error where the file ends, in the middle of a frame too.
func endOfWAL(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// walSum is a checksum, of all that stands before it.
type walSum [2]uint32

func walSumOf(stored []byte) walSum {
	return walSum{binary.BigEndian.Uint32(stored), binary.BigEndian.Uint32(stored[4:])}
}

// walSums adds up.
type walSums struct {
	order binary.ByteOrder
	sum   walSum
}

// newWALSums returns the size of a page too. In a header that says neither, the usual ones are taken.
func newWALSums(header []byte) (sums *walSums, pageSize int) {
	sums = &walSums{order: binary.LittleEndian}
	if magic := binary.BigEndian.Uint32(header); magic == walMagic|1 {
		sums.order = binary.BigEndian
	}
	size := binary.BigEndian.Uint32(header[8:])
	if size < 512 || size > 65536 || size&(size-1) != 0 {
		size = 4096
	}
	return sums, int(size)
}

func (s *walSums) add(data []byte) walSum {
	for ; len(data) >= 8; data = data[8:] {
		s.sum[0] += s.order.Uint32(data) + s.sum[1]
		s.sum[1] += s.order.Uint32(data[4:]) + s.sum[0]
	}
	return s.sum
}
