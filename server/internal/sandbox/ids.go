package sandbox

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// idMaker makes ids that look like Stripe's. The caller holds the sandbox's lock.
type idMaker struct {
	random  *rand.Rand
	account string
}

func newIDMaker(source rand.Source, account string) *idMaker {
	tail := account[max(0, len(account)-10):]
	return &idMaker{random: rand.New(source), account: tail} //nolint:gosec // ids of a test double are no secrets
}

// paymentGeneration begins the ids of a payment and of what belongs to it; the ids of other objects begin with 1.
const paymentGeneration = '3'

// newPayment makes the stem that the ids of one payment share: that of its second and account, and a digit, as in
// pi_3Pc5u6BpqKPTmGHq2Gxos0rf and its charge ch_3Pc5u6BpqKPTmGHq2Db8tVRd.
func (m *idMaker) newPayment(at time.Time) string {
	return m.stem(paymentGeneration, at) + string(base62[m.random.IntN(4)])
}

// stem is a generation digit, the second, and a piece of the account's id.
func (m *idMaker) stem(generation byte, at time.Time) string {
	second := at.Unix()
	var b strings.Builder
	b.WriteByte(generation)
	for shift := int64(62 * 62 * 62 * 62); shift > 0; shift /= 62 {
		b.WriteByte(base62[(second/shift)%62])
	}
	b.WriteString(m.account)
	return b.String()
}

// payment makes the id of an object that belongs to the payment with that stem.
func (m *idMaker) payment(prefix, stem string) string {
	return prefix + stem + m.letters(7)
}

// object makes the id of an object that stands alone.
func (m *idMaker) object(prefix string, at time.Time) string {
	return prefix + m.stem('1', at) + m.letters(8)
}

// request makes the id of a request: req_ and 14 letters.
func (m *idMaker) request() string {
	return "req_" + m.letters(14)
}

func (m *idMaker) letters(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = base62[m.random.IntN(len(base62))]
	}
	return string(b)
}

// stemOf is the part of a payment's id that its charges, refunds, balance transactions and events share. A product may
// have any id: one that is too short has none.
func stemOf(id string) string {
	_, rest, _ := strings.Cut(id, "_")
	return rest[:max(0, len(rest)-7)]
}

// uuid makes a version 4 UUID, the form of a 3D Secure transaction id.
func (m *idMaker) uuid() string {
	a, b := m.random.Uint64(), m.random.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0x3fff|0x8000, b&0xffffffffffff)
}
