package pan

const (
	sizeOfUUID  = 36
	minIBAN     = 15
	maxIBAN     = 34
	sizeOfGroup = 4 // of an IBAN on paper
	phoneDigits = 13
)

// endOfUUID returns where a UUID ends whose first group is the end of the word between start and end, or 0. Some digits
// of a UUID, eight and twice four for example, stand apart like those of a card number.
func endOfUUID(s string, start, end int) int {
	first := end - 8
	if first < start || first > start && isHex(s[first-1]) || len(s)-first < sizeOfUUID {
		return 0
	}
	for i := range sizeOfUUID {
		c := s[first+i]
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return 0
			}
		} else if !isHex(c) {
			return 0
		}
	}
	end = first + sizeOfUUID
	if end < len(s) && isHex(s[end]) {
		return 0
	}
	return end
}

func isHex(c byte) bool {
	return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// endOfIBAN returns where an IBAN written in groups of four ends that begins at start, or 0. Its check digits must be
// right, so that two letters and two digits in front of a card number do not hide it.
func endOfIBAN(s string, start int) int {
	if len(s)-start < minIBAN || !isUpper(s[start]) || !isUpper(s[start+1]) ||
		!isDigit(s[start+2]) || !isDigit(s[start+3]) {
		return 0
	}
	remainder, read := 0, sizeOfGroup
	for i := start + sizeOfGroup; i < len(s) && read < maxIBAN; {
		if read%sizeOfGroup == 0 {
			if s[i] != ' ' || i+1 == len(s) {
				return 0
			}
			i++
		}
		switch c := s[i]; {
		case isDigit(c):
			remainder = (remainder*10 + int(c-'0')) % 97
		case isUpper(c):
			remainder = (remainder*100 + int(c-'A') + 10) % 97
		default:
			return 0
		}
		i++
		read++
		if read >= minIBAN && (i == len(s) || !isWord(s[i])) && isIBAN(remainder, s[start:start+sizeOfGroup]) {
			return i
		}
	}
	return 0
}

// isIBAN reads the country and the check digits last, as ISO 7064 wants it.
func isIBAN(remainder int, head string) bool {
	remainder = (remainder*100 + int(head[0]-'A') + 10) % 97
	remainder = (remainder*100 + int(head[1]-'A') + 10) % 97
	return (remainder*100+int(head[2]-'0')*10+int(head[3]-'0'))%97 == 1
}

// isPhone says whether the digits are a phone number with its plus sign. Those are at most 15 digits long; among the
// longer ones, only those of 13 (Germany, Austria) begin like a card, and such cards have not been issued for decades.
func isPhone(s string, start, digits int) bool {
	return digits == phoneDigits && start > 0 && s[start-1] == '+'
}

// isFraction says whether the digits are what follows the point of a decimal number, as in 0.30000000000000004. A first
// group of up to four digits is none: cards are written in such groups, also behind another number and a dot.
func isFraction(s string, start, firstSize int) bool {
	return firstSize > sizeOfGroup && start > 1 && s[start-1] == '.' && isDigit(s[start-2])
}
