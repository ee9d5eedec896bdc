package store

import (
	"reflect"
	"slices"
	"sync"
	"testing"
	"unsafe"

	sqlite3 "modernc.org/sqlite/lib"
)

// DiskOp is something that SQLite asked of the system: to write, to flush, or to cut a file.
type DiskOp struct {
	// WAL is whether it was the write-ahead log, and not the database.
	WAL    bool
	Kind   DiskOpKind
	Offset int64
	Data   []byte
}

// DiskOpKind is what was asked.
type DiskOpKind int

// The kinds. A file is cut at Offset.
const (
	DiskWrite DiskOpKind = iota + 1
	DiskFlush
	DiskCut
)

// DiskTrace is what the connection that writes asked of the system, in its order.
type DiskTrace struct {
	mu  sync.Mutex
	ops []DiskOp
}

func (d *DiskTrace) add(op DiskOp) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ops = append(d.ops, op)
}

// Len is how many there are so far.
func (d *DiskTrace) Len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.ops)
}

// Ops are all of them.
func (d *DiskTrace) Ops() []DiskOp {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.ops)
}

// held keeps the functions that SQLite knows by address alone.
var held sync.Map

// The methods of a file of SQLite's: https://sqlite.org/c3ref/io_methods.html
type (
	fileWrite func(tls unsafe.Pointer, file, data uintptr, size int32, offset int64) int32
	fileFlush func(tls unsafe.Pointer, file uintptr, flags int32) int32
	fileCut   func(tls unsafe.Pointer, file uintptr, size int64) int32
)

// Trace records from now on. It puts itself between SQLite and its two files, of this connection alone.
func Trace(t *testing.T, s Store) *DiskTrace {
	t.Helper()
	trace := &DiskTrace{}
	if err := s.(*sqliteStore).writer.conn.Raw(func(conn any) error {
		for wal, pointer := range map[bool]int32{
			false: sqlite3.SQLITE_FCNTL_FILE_POINTER, true: sqlite3.SQLITE_FCNTL_JOURNAL_POINTER,
		} {
			lib := newLibrary(conn)
			trace.watch(lib, lib.file(t, pointer), wal)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return trace
}

// library calls SQLite as the driver's connection does, which does not say by itself what its files are.
type library struct{ thread, db reflect.Value }

func newLibrary(conn any) library {
	fields := reflect.ValueOf(conn).Elem()
	thread := fields.FieldByName("tls")
	return library{
		thread: reflect.NewAt(thread.Type().Elem(), thread.UnsafePointer()),
		db:     reflect.ValueOf(uintptr(fields.FieldByName("db").Uint())),
	}
}

// room is memory of SQLite's, for as long as the process lives.
func (l library) room(size uintptr) uintptr {
	return uintptr(reflect.ValueOf(sqlite3.Xsqlite3_malloc).Call([]reflect.Value{
		l.thread, reflect.ValueOf(int32(size)),
	})[0].Uint())
}

func (l library) file(t *testing.T, pointer int32) uintptr {
	t.Helper()
	file := l.room(unsafe.Sizeof(uintptr(0)))
	result := reflect.ValueOf(sqlite3.Xsqlite3_file_control).Call([]reflect.Value{
		l.thread, l.db, reflect.ValueOf(uintptr(0)), reflect.ValueOf(pointer), reflect.ValueOf(file),
	})
	found := *(*uintptr)(at(file))
	if result[0].Int() != sqlite3.SQLITE_OK || found == 0 {
		t.Fatalf("SQLite does not tell its file: %v", result[0])
	}
	return found
}

// watch gives a file methods that record.
func (d *DiskTrace) watch(lib library, file uintptr, wal bool) {
	handle := (*sqlite3.Tsqlite3_file)(at(file))
	methods := *(*sqlite3.Tsqlite3_io_methods)(at(handle.FpMethods))
	write, flush, cut := call[fileWrite](methods.FxWrite), call[fileFlush](methods.FxSync), call[fileCut](methods.FxTruncate)
	methods.FxWrite = address(fileWrite(func(tls unsafe.Pointer, file, data uintptr, size int32, offset int64) int32 {
		d.add(DiskOp{wal, DiskWrite, offset, slices.Clone(unsafe.Slice((*byte)(at(data)), size))})
		return write(tls, file, data, size, offset)
	}))
	methods.FxSync = address(fileFlush(func(tls unsafe.Pointer, file uintptr, flags int32) int32 {
		result := flush(tls, file, flags)
		d.add(DiskOp{WAL: wal, Kind: DiskFlush})
		return result
	}))
	methods.FxTruncate = address(fileCut(func(tls unsafe.Pointer, file uintptr, size int64) int32 {
		d.add(DiskOp{WAL: wal, Kind: DiskCut, Offset: size})
		return cut(tls, file, size)
	}))
	handle.FpMethods = lib.room(unsafe.Sizeof(methods))
	*(*sqlite3.Tsqlite3_io_methods)(at(handle.FpMethods)) = methods
}

// at is what stands at an address that SQLite gave, which is no concern of the garbage collector's.
func at(address uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }

// address is how SQLite calls a function, and call a function of SQLite's.
func address[F any](f F) uintptr {
	kept := new(f)
	held.Store(kept, nil)
	return *(*uintptr)(unsafe.Pointer(kept))
}

func call[F any](address uintptr) F {
	return *(*F)(unsafe.Pointer(&address))
}
