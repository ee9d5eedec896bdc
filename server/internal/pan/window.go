package pan

const (
	minDigits = 13 // no network has shorter ones in network.go
	maxDigits = 19
	iinDigits = 6
)

// window is a stretch of digits and separators that may turn out to be a card number. It keeps sums and never the
// number itself.
type window struct {
	digits  int
	iin     int    // the first six digits, as far as they are read
	lengths uint32 // the lengths that numbers with these six digits have, as in network
	sums    [2]int // Luhn sums in which the digits at even, or at odd, places from the left count twice

	groups    int // the groups that a separator has ended
	size      int // the digits of the group that is not ended
	first     int // the digits of the first group
	separator byte
	mixed     bool // there were several kinds of separator
	small     bool // an ended group has fewer than three digits
	unequal   bool // an ended group differs in size from the first
}

// add takes the next digit and says whether the window can still be a card number.
func (w *window) add(c byte) bool {
	if w.digits == maxDigits {
		return false
	}
	digit := int(c - '0')
	twice := digit * 2
	if twice > 9 {
		twice -= 9
	}
	place := w.digits % 2
	w.sums[place] += twice
	w.sums[1-place] += digit
	if w.digits < iinDigits {
		w.iin = w.iin*10 + digit
	}
	w.digits++
	w.size++
	if w.digits == iinDigits {
		w.lengths = lengthsOf(w.iin)
	}
	return w.digits < iinDigits || w.lengths != 0
}

// separate ends a group.
func (w *window) separate(c byte) {
	if w.groups == 0 {
		w.first = w.size
		w.separator = c
	}
	w.mixed = w.mixed || c != w.separator
	w.small = w.small || w.size < 3
	w.unequal = w.unequal || w.size != w.first
	w.groups++
	w.size = 0
}

func (w *window) firstSize() int {
	if w.groups == 0 {
		return w.size
	}
	return w.first
}

func (w *window) isCard() bool {
	return w.lengths&(1<<w.digits) != 0 && w.isLuhnValid() && w.isGroupedLikeCard()
}

// isLuhnValid relies on the check digit, the last one, never counting twice.
func (w *window) isLuhnValid() bool { return w.sums[w.digits%2]%10 == 0 }

// isGroupedLikeCard keeps dates, times, phone numbers and decimal numbers out, which mix separators and sizes. The last
// group is what is left over, so its size says little.
func (w *window) isGroupedLikeCard() bool {
	switch {
	case w.groups == 0:
		return true
	case w.groups == 1 && w.separator == '.':
		return false // A decimal number.
	case w.mixed:
		return w.first == 4 && !w.unequal
	case w.small:
		return !w.unequal && w.size <= w.first
	default:
		return true
	}
}
