// Package seal closes what is personal or secret before it is written down: parameters, answers, bodies. It is a leaf: it
// knows no other package of the server, reads no file and keeps no state but the keys.
package seal

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

const (
	// version is the first byte of what is sealed. It changes with all that follows.
	version = 1
	// idSize is how much of a key's SHA-256 names it.
	idSize = 4
	// headerSize is that of the version and the key's id.
	headerSize = 1 + idSize
)

var (
	// ErrUnknownKey is why something can not be opened: its key is none of these. The error's text names that key by its
	// id, as ID does.
	ErrUnknownKey = errors.New("it was sealed with a key that is not known")
	// ErrDamaged is why something can not be opened: it was changed, cut short, or sealed for another purpose or id.
	ErrDamaged = errors.New("it is damaged, or was sealed for another place")
)

// Keys seal and open. They are safe for concurrent use, and however they are printed, logged or encoded, only a placeholder
// is seen.
type Keys struct {
	// The first one seals; all of them open.
	keys []*key
}

type key struct {
	id   [idSize]byte
	aead cipher.AEAD
}

// ID names the key that seals. It gives nothing away of the key.
func (k *Keys) ID() string { return hex.EncodeToString(k.keys[0].id[:]) }

// Seal closes plain for a purpose, such as "parameters", and for the id of the row that it is to stand in. It does not
// open in any other place, so that nobody who can write to the database can move an answer from one row to another.
//
// What it returns begins with a version (1 byte), the key's id (4) and a nonce (24). It is longer than plain by 45 bytes,
// also where plain is empty.
func (k *Keys) Seal(purpose, id string, plain []byte) []byte {
	sealing := k.keys[0]
	sealed := make([]byte, 0, headerSize+sealing.aead.NonceSize()+len(plain)+sealing.aead.Overhead())
	sealed = append(sealed, version)
	sealed = append(sealed, sealing.id[:]...)
	nonce := sealed[headerSize : headerSize+chacha20poly1305.NonceSizeX]
	// It never fails: the process ends where the system has no randomness. 24 random bytes do not come twice.
	_, _ = rand.Read(nonce)
	sealed = sealed[:headerSize+chacha20poly1305.NonceSizeX]
	return sealing.aead.Seal(sealed, nonce, plain, place(sealed[:headerSize], purpose, id))
}

// Open returns what was sealed for this purpose and id, or ErrUnknownKey, or ErrDamaged. What was sealed empty is empty
// again.
func (k *Keys) Open(purpose, id string, sealed []byte) ([]byte, error) {
	if len(sealed) < headerSize+chacha20poly1305.NonceSizeX+chacha20poly1305.Overhead || sealed[0] != version {
		return nil, ErrDamaged
	}
	header, rest := sealed[:headerSize], sealed[headerSize:]
	opening := k.find([idSize]byte(header[1:]))
	if opening == nil {
		return nil, fmt.Errorf("%w: %x", ErrUnknownKey, header[1:])
	}
	nonce, text := rest[:chacha20poly1305.NonceSizeX], rest[chacha20poly1305.NonceSizeX:]
	plain, err := opening.aead.Open(nil, nonce, text, place(header, purpose, id))
	if err != nil {
		return nil, ErrDamaged
	}
	return plain, nil
}

func (k *Keys) find(id [idSize]byte) *key {
	for _, known := range k.keys {
		if known.id == id {
			return known
		}
	}
	return nil
}

// place is what is authenticated beside the text: where it may stand. The length keeps purpose and id apart.
func place(header []byte, purpose, id string) []byte {
	b := make([]byte, 0, len(header)+8+len(purpose)+len(id))
	b = append(b, header...)
	b = binary.BigEndian.AppendUint64(b, uint64(len(purpose)))
	b = append(b, purpose...)
	return append(b, id...)
}
