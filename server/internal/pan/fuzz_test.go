package pan_test

import (
	"testing"

	"github.com/tillgate/tillgate/server/internal/pan"
)

// FuzzContains looks for a text that makes Contains panic or hides a card number that stands between spaces.
func FuzzContains(f *testing.F) {
	for _, tt := range cards {
		f.Add("order 1001", "12/34 123", uint8(0))
		f.Add(tt.number, tt.number, uint8(1))
	}
	f.Add("DE65", "4242 00", uint8(0))
	f.Add("550e8400-e29b-41d4-a716", "446655440000", uint8(2))
	f.Add("+", "\xff", uint8(3))
	f.Add("1.", "-2", uint8(4))
	f.Fuzz(func(t *testing.T, before, behind string, which uint8) {
		pan.Contains(before + behind)
		pan.Contains(before)

		number := cards[int(which)%len(cards)].number
		for _, number := range []string{number, inGroups(number, 4, "-"), inGroups(number, 4, ".")} {
			if text := before + " " + number + " " + behind; !pan.Contains(text) {
				t.Errorf("Contains(%q) = false, want true", text)
			}
		}
	})
}
