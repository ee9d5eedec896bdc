package pan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tillgate/tillgate/server/internal/pan"
)

// cards are numbers that the networks and Stripe publish for tests.
var cards = []struct{ network, number string }{
	{"visa", "4242424242424242"},
	{"visa debit", "4000056655665556"},
	{"visa of 13 digits", "4222222222222"},
	{"visa of 19 digits", "4000000000000000006"},
	{"mastercard", "5555555555554444"},
	{"mastercard debit", "5200828282828210"},
	{"mastercard prepaid", "5105105105105100"},
	{"mastercard 2-series", "2223003122003222"},
	{"amex", "378282246310005"},
	{"amex", "371449635398431"},
	{"amex 34", "343434343434343"},
	{"discover", "6011111111111117"},
	{"discover", "6011981111111113"},
	{"diners", "3056930009020004"},
	{"diners of 14 digits", "36227206271667"},
	{"diners 300", "30569309025904"},
	{"diners 38", "38520000023237"},
	{"bccard", "6555900000604105"},
	{"jcb", "3566002020360505"},
	{"jcb 3530", "3530111333300000"},
	{"unionpay", "6200000000000005"},
	{"unionpay debit", "6200000000000047"},
	{"unionpay of 19 digits", "6205500000000000004"},
	{"maestro", "6759649826438453"},
	{"maestro of 19 digits", "6799990100000000019"},
}

func TestContainsFindsTheCardsOfEveryNetwork(t *testing.T) {
	for _, tt := range cards {
		t.Run(tt.network+" "+tt.number, func(t *testing.T) {
			for _, text := range []string{
				tt.number,
				inGroups(tt.number, 4, " "),
				inGroups(tt.number, 4, "-"),
				inGroups(tt.number, 4, "."),
				inGroups(tt.number, 1, " "),
				inGroups(tt.number, 2, "-"),
				inGroups(tt.number, 6, " "),
				"my card is " + tt.number + ", thank you",
				"card:" + tt.number + ".",
				"order 1001 " + tt.number + " 12/34 123",
				"1-2 " + inGroups(tt.number, 4, "-") + " 12-34",
				"order-" + tt.number,
				`{"n":"` + tt.number + `"}`,
				"カード" + tt.number + "です",
			} {
				if !pan.Contains(text) {
					t.Errorf("Contains(%q) = false, want true", text)
				}
			}
		})
	}
}

func TestContainsLeavesOtherTextAlone(t *testing.T) {
	for _, tt := range []struct{ name, text string }{
		{"nothing", ""},
		{"words", "two tickets, row 4"},
		{"wrong check digit", "4242424242424241"},
		{"no network", "1234567890123452"},
		{"visa of 15 digits", "421111111111114"},
		{"mastercard of 17 digits", "55111111111111113"},
		{"mastercard 2-series of 15 digits", "272011111111116"},
		{"amex of 16 digits", "3711111111111117"},
		{"diners of 13 digits", "3611111111119"},
		{"jcb of 15 digits", "353011111111118"},
		{"before the 2-series", "2220991111111118"},
		{"behind the 2-series", "2721001111111110"},
		{"before the jcb", "3527991111111116"},
		{"too short", "424242424242"},
		{"too long", "42424242424242424242"},
		{"zeros", "0000000000000000"},
		{"a letter in front", "A4242424242424242"},
		{"a letter behind", "4242424242424242a"},
		{"an underscore in front", "pi_4242424242424242"},
		{"an underscore behind", "4242424242424242_1"},
		{"a letter within", "4242 4242 4242 a242"},
		{"two spaces", "4242  4242  4242  4242"},
		{"other signs between", "4242/4242/4242/4242"},
		{"the last group goes on", "4242 4242 4242 4242a"},
		{"payment", "pi_3NzR4242424242424242"},
		{"client secret", "pi_3MtwBwLkdIwHu7ix28a3tqPa_secret_4242424242424242"},
		{"uuid with groups of digits", "4242abcd-4242-4242-8424-242424242424"},
		{"uuid of a card's groups", "42424242-4242-4242-abcd-ef0123456789"},
		{"uuid behind a word", "key_42424242-4242-4242-abcd-ef0123456789"},
		{"uuid of digits", "42424242-4242-4242-4242-424242424242"},
		{"uuid with digits behind", "550e8400-e29b-41d4-a716-4466554400004242424242424242"},
		{"ulid", "01ARZ3NDEKTSV4RRFFQ69G5FAV"},
		{"phone of 13 digits", "+4222222222222"},
		{"phone in groups", "+42 222 2222 2222"},
		{"American phone", "+1 (415) 555-2671"},
		{"two phones", "415-555-2671 415-555-2672"},
		{"iban", "DE89370400440532013000"},
		{"iban in groups", "DE89 3704 0044 0532 0130 00"},
		{"iban with a card's groups", "DE65 4242 4242 4242 4242 00"},
		{"iban with letters", "GB29 NWBK 6016 1331 9268 19"},
		{"date and time", "30-09-2026 12.34.57"},
		{"date and time with one separator", "30-09-2026-12-34-57"},
		{"nanoseconds with an offset", "2026-09-30 12:34:56.789123456-05:00"},
		{"nanoseconds", "1759234567123456789"},
		{"amount", "1.234.567,89 EUR"},
		{"binary fraction", "3.4242424242424242"},
		{"binary fraction with a long whole", "424242.4242424242"},
		{"ip address", "192.168.100.200"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if pan.Contains(tt.text) {
				t.Errorf("Contains(%q) = true, want false", tt.text)
			}
		})
	}
}

func TestContainsIsNotFooledByHalfALookalike(t *testing.T) {
	for _, tt := range []struct{ name, text string }{
		{"iban with a wrong check digit", "DE66 4242 4242 4242 4242 00"},
		{"card behind an iban", "DE89 3704 0044 0532 0130 00 4242 4242 4242 4242"},
		{"card behind a uuid", "550e8400-e29b-41d4-a716-446655440000 4242424242424242"},
		{"card whose end begins a uuid", "4242424242424242-4242-4242-abcd-ef0123456789"},
		{"plus sign", "+4242424242424242"},
		{"card in groups behind a number", "1.4242.4242.4242.4242"},
		{"several separators", "4242 4242-4242.4242"},
		{"a word with digits before", "ab12 4242 4242 4242 4242"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !pan.Contains(tt.text) {
				t.Errorf("Contains(%q) = false, want true", tt.text)
			}
		})
	}
}

func TestContainsAllocatesNothing(t *testing.T) {
	text := "order 1001 DE89 3704 0044 0532 0130 00 550e8400-e29b-41d4-a716-446655440000 4242 4242 4242 4242"
	if got := testing.AllocsPerRun(100, func() { pan.Contains(text) }); got != 0 {
		t.Errorf("Contains allocates %v times, want 0", got)
	}
}

// The bound is far above what linear time needs and far below what square time needs.
func TestContainsTakesLinearTime(t *testing.T) {
	for _, tt := range []struct{ name, unit string }{
		{"digits", "4"},
		{"single digits", "3 "},
		{"pairs", "38-"},
		{"groups", "4243 "},
		{"uuids without an end", "42424242-"},
		{"ibans without an end", "DE89 "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Repeat(tt.unit, 1<<18/len(tt.unit))
			begin := time.Now()
			pan.Contains(text)
			if took := time.Since(begin); took > 2*time.Second {
				t.Errorf("Contains took %v for 256 KiB", took)
			}
		})
	}
}

func BenchmarkContainsOneMebibyteOfDigits(b *testing.B) {
	text := strings.Repeat("4", 1<<20)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		pan.Contains(text)
	}
}

func inGroups(number string, size int, separator string) string {
	var groups []string
	for len(number) > size {
		groups = append(groups, number[:size])
		number = number[size:]
	}
	return strings.Join(append(groups, number), separator)
}
