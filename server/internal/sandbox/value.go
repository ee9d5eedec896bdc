package sandbox

import (
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
)

// Limits of metadata (docs.stripe.com/api/metadata).
const (
	maxMetadataKeys  = 50
	maxMetadataKey   = 40
	maxMetadataValue = 500
)

// parseInteger reads an integer; one that is too large for any amount stays too large.
func parseInteger(text string) (int64, bool) {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		n = math.MaxInt64
		if digits != text {
			n = math.MinInt64
		}
	}
	return n, true
}

// maxTimestamp is the last second of the year 9999.
const maxTimestamp = 253402300799

// maxDecimals stands in spec3.json, unit_amount_decimal.
const maxDecimals = 12

// isDecimal says whether a text is a number as Stripe writes decimals: an integer, and at most 12 digits behind a point.
func isDecimal(text string) bool {
	whole, behind, point := strings.Cut(text, ".")
	_, ok := parseInteger(whole)
	return ok && len(behind) <= maxDecimals && strings.Trim(behind, "0123456789") == "" && (!point || behind != "")
}

// integer gives an integer parameter, or nil when it is missing or unset.
func (n *node) integer(path ...string) *int64 {
	found := n.get(path...)
	if found == nil || found.text == "" {
		return nil
	}
	value, _ := parseInteger(found.text)
	return &value
}

func checkMetadata(value *node, path string) *failure {
	if value.isText() {
		return invalid("", path, "Invalid object")
	}
	if len(value.names) > maxMetadataKeys {
		return invalid("", path, fmt.Sprintf("You can only specify up to %d metadata keys, but you passed %d.",
			maxMetadataKeys, len(value.names)))
	}
	for _, name := range value.names {
		item := value.kids[name]
		if !item.isText() {
			return invalid("", nested(path, name), "Invalid string: {}")
		}
		if n := len([]rune(name)); n > maxMetadataKey {
			return invalid("", "", fmt.Sprintf("Metadata keys can have up to %d characters, but you passed in a key that is "+
				"%d characters. Invalid key: %s", maxMetadataKey, n, name))
		}
		if n := len([]rune(item.text)); n > maxMetadataValue {
			return invalid("", "", fmt.Sprintf("Metadata values can have up to %d characters, but you passed in a value that "+
				"is %d characters. Invalid value: %s", maxMetadataValue, n, item.text))
		}
	}
	return nil
}

func checkURL(text, path string) *failure {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || (u.Host == "" && u.Opaque == "" && u.Path == "") {
		return invalid("url_invalid", path, "Not a valid URL")
	}
	return nil
}

// text gives a text parameter, or "" when it is missing.
func (c *call) text(path ...string) string {
	if n := c.params.get(path...); n != nil {
		return n.text
	}
	return ""
}

func (c *call) has(path ...string) bool { return c.params.get(path...) != nil }

func (c *call) flag(path ...string) bool { return c.text(path...) == "true" }

// metadata gives the pairs; an empty value unsets its key, so it never stands in an object.
func (c *call) metadata() map[string]string {
	pairs := map[string]string{}
	if n := c.params.get("metadata"); n != nil {
		for _, name := range n.names {
			if value := n.kids[name].text; value != "" {
				pairs[name] = value
			}
		}
	}
	return pairs
}
