// Package pan says whether a text looks like it holds a card number (a primary account number), so that a request with
// one is refused before anything logs, stores or forwards it. It must not hand back, print or keep any part of what it
// finds: its answers are a bool and the path of a field. It is a leaf: it knows no other package of the server.
package pan

// Contains says whether s looks like it holds a card number: 13 to 19 ASCII digits, in one piece or in groups joined by
// single spaces, dashes or dots, which no ASCII letter, digit or underscore touches, with the first digits and the
// length of a known network and a right check digit.
//
// It takes linear time and allocates nothing. A number of one's own that looks like a card number is taken for one; a
// letter directly in front of it ends that. Numbers in disguise (other digits, other separators) are not found.
func Contains(s string) bool {
	for i := 0; i < len(s); {
		if !isWord(s[i]) {
			i++
			continue
		}
		end := wordEnd(s, i)
		if other := endOfUUID(s, i, end); other > 0 {
			end = other
		} else if other := endOfIBAN(s, i); other > 0 {
			end = other
		} else if isDigit(s[i]) && startsCard(s, i) {
			return true
		}
		i = end
	}
	return false
}

// startsCard says whether a card number begins with the digit at start, which begins a word. Every end of a group is
// tried, since what follows the number, an expiry date for example, may be joined to it in the same way as its groups.
func startsCard(s string, start int) bool {
	if start+minDigits > len(s) || !mayBegin(s[start]) {
		return false
	}
	var w window
	for i := start; i < len(s); i++ {
		if !isDigit(s[i]) || !w.add(s[i]) {
			return false // A letter touches the digits, or there are too many of them.
		}
		next := i + 1
		if next < len(s) && isDigit(s[next]) {
			continue
		}
		if next < len(s) && isWord(s[next]) {
			return false
		}
		if w.isCard() && !isPhone(s, start, w.digits) && !isFraction(s, start, w.firstSize()) {
			return true
		}
		if next+1 >= len(s) || !isSeparator(s[next]) {
			return false
		}
		w.separate(s[next])
		i = next
	}
	return false
}

func wordEnd(s string, start int) int {
	end := start
	for end < len(s) && isWord(s[end]) {
		end++
	}
	return end
}

// isWord is about ASCII alone: ids are ASCII, while a letter of a script that puts no spaces between words says nothing
// about the digits after it.
func isWord(c byte) bool {
	return isDigit(c) || c == '_' || 'a' <= c && c <= 'z' || isUpper(c)
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isSeparator(c byte) bool { return c == ' ' || c == '-' || c == '.' }
