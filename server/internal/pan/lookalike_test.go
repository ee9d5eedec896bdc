package pan_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/pan"
)

// perKind, for each of the kinds below, makes a corpus of over 400,000 texts, in which no false alarm is allowed.
const perKind = 20_000

const (
	base62    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

func TestContainsLeavesGeneratedIdsAndTimesAlone(t *testing.T) {
	for _, tt := range []struct {
		kind string
		make func(*rand.Rand) string
	}{
		{"uuid of version 4", func(r *rand.Rand) string { return uuid(r, 4) }},
		{"uuid of version 7", func(r *rand.Rand) string { return uuid(r, 7) }},
		{"uuid of mostly digits", digitsUUID},
		{"ulid", func(r *rand.Rand) string { return "0" + pick(r, crockford, 25) }},
		{"stripe id", stripeID},
		{"stripe id of mostly digits", func(r *rand.Rand) string { return "pi_" + pick(r, "0123456789a", 24) }},
		{"client secret", func(r *rand.Rand) string { return stripeID(r) + "_secret_" + pick(r, base62, 25) }},
		{"seconds", func(r *rand.Rand) string { return strconv.FormatInt(moment(r).Unix(), 10) }},
		{"milliseconds", func(r *rand.Rand) string { return strconv.FormatInt(moment(r).UnixMilli(), 10) }},
		{"microseconds", func(r *rand.Rand) string { return strconv.FormatInt(moment(r).UnixMicro(), 10) }},
		{"nanoseconds", func(r *rand.Rand) string { return strconv.FormatInt(moment(r).UnixNano(), 10) }},
		{"RFC 3339", func(r *rand.Rand) string { return moment(r).Format(time.RFC3339Nano) }},
		{"Go's time", func(r *rand.Rand) string { return moment(r).String() }},
		{"day first", func(r *rand.Rand) string { return moment(r).Format("02.01.2006 15.04.05.000") }},
		{"name of a file", func(r *rand.Rand) string { return moment(r).Format("2006-01-02-15-04-05-000000") }},
		{"compact time", func(r *rand.Rand) string { return moment(r).Format("20060102150405") }},
		{"amount", func(r *rand.Rand) string { return fmt.Sprintf("%d.%02d EUR", r.IntN(1e9), r.IntN(100)) }},
		{"binary fraction", func(r *rand.Rand) string { return strconv.FormatFloat(r.Float64()*1000, 'f', -1, 64) }},
		{"phone", phone},
		{"iban", germanIBAN},
		{"iban in groups", func(r *rand.Rand) string { return inGroups(germanIBAN(r), 4, " ") }},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			for range perKind {
				if text := tt.make(r); pan.Contains(text) {
					t.Errorf("Contains(%q) = true, want false", text)
				}
			}
		})
	}
}

// The corpus proves little unless chance makes cards: of digits alone, it does.
func TestGeneratedDigitsHoldCards(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	alarms := 0
	for range perKind {
		if pan.Contains(pick(r, "0123456789", 16)) {
			alarms++
		}
	}
	if alarms == 0 {
		t.Errorf("no alarm in %d random numbers of 16 digits", perKind)
	}
}

func pick(r *rand.Rand, alphabet string, n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(alphabet[r.IntN(len(alphabet))])
	}
	return b.String()
}

func uuid(r *rand.Rand, version int) string {
	return fmt.Sprintf("%08x-%04x-%d%03x-%x%03x-%012x", r.Uint32(), r.IntN(1<<16), version, r.IntN(1<<12),
		8+r.IntN(4), r.IntN(1<<12), r.Int64N(1<<48))
}

func digitsUUID(r *rand.Rand) string {
	text := []byte(pick(r, "00112233445566778899a", 36))
	for _, i := range []int{8, 13, 18, 23} {
		text[i] = '-'
	}
	return string(text)
}

func stripeID(r *rand.Rand) string {
	prefixes := []string{"pi_", "pm_", "cus_", "ch_", "re_", "evt_", "seti_", "card_", "in_", "txn_"}
	return prefixes[r.IntN(len(prefixes))] + pick(r, base62, 14+r.IntN(11))
}

// moment is between 2000 and 2033, in a zone of the kind that makes offsets of either sign.
func moment(r *rand.Rand) time.Time {
	zone := time.FixedZone("", (r.IntN(27)-12)*3600)
	return time.Unix(946_684_800+r.Int64N(33*365*86400), r.Int64N(1e9)).In(zone)
}

func phone(r *rand.Rand) string {
	countries := []string{"1", "7", "20", "33", "34", "36", "39", "44", "49", "52", "55", "60", "62", "81", "86", "380"}
	country := countries[r.IntN(len(countries))]
	digits := pick(r, "123456789", 1) + pick(r, "0123456789", 8+r.IntN(4-len(country)+1))
	if r.IntN(2) == 0 {
		return "+" + country + digits
	}
	return "+" + country + " " + digits[:3] + " " + inGroups(digits[3:], 4, " ")
}

func germanIBAN(r *rand.Rand) string {
	account := pick(r, "123456789", 1) + pick(r, "0123456789", 17)
	remainder := 0
	for _, c := range account + "131400" { // "DE00", as numbers
		remainder = (remainder*10 + int(c-'0')) % 97
	}
	return fmt.Sprintf("DE%02d%s", 98-remainder, account)
}
