package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// kind is what a parameter holds.
type kind int

const (
	kindText kind = iota
	kindInteger
	kindBoolean
	kindEnum
	kindList
	kindHash
	kindHashes // a list of hashes
	kindMetadata
	kindTimestamp // seconds since 1970
	kindDecimal   // a number with up to 12 digits behind its point
	kindCurrency
	kindEmail
	kindURL
	kindCountry
	kindRange      // an integer, or a hash of its bounds
	kindOffSession // true, false, one_off or recurring
	kindRefused    // a parameter of Stripe's that the sandbox does not imitate: better refused than quietly ignored
)

// field is one parameter of an endpoint (names, enums and lengths: spec3.json at 2023-10-16).
type field struct {
	name     string
	kind     kind
	required bool
	unset    bool // an empty string is allowed, and unsets it
	max      int  // the longest text, in characters
	oneOf    []string
	fields   shape
}

// shape is the parameters of an endpoint or a hash, in the order in which Stripe complains about them.
type shape []field

// check gives Stripe's first complaint: unknown parameters come before all others, and all of them in one message.
func (s shape) check(params *node) *failure {
	var unknown []string
	s.unknown(params, "", &unknown)
	switch len(unknown) {
	case 0:
		return s.checkFields(params, "")
	case 1:
		return invalid("parameter_unknown", unknown[0], "Received unknown parameter: "+unknown[0])
	}
	return invalid("parameter_unknown", unknown[0], "Received unknown parameters: "+strings.Join(unknown, ", "))
}

func (s shape) unknown(params *node, prefix string, found *[]string) {
	for _, name := range params.names {
		i := slices.IndexFunc(s, func(f field) bool { return f.name == name })
		switch kid := params.kids[name]; {
		case i < 0:
			*found = append(*found, nested(prefix, name))
		case s[i].kind == kindHashes:
			for _, index := range kid.names {
				if item := kid.kids[index]; !item.isText() {
					s[i].fields.unknown(item, nested(nested(prefix, name), index), found)
				}
			}
		case s[i].fields != nil && !kid.isText():
			s[i].fields.unknown(kid, nested(prefix, name), found)
		}
	}
}

func nested(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "[" + name + "]"
}

func (s shape) checkFields(params *node, prefix string) *failure {
	for _, f := range s {
		path := nested(prefix, f.name)
		value := params.get(f.name)
		if value == nil {
			if f.required {
				return invalid("parameter_missing", path, fmt.Sprintf("Missing required param: %s.", path))
			}
			continue
		}
		if complaint := f.check(value, path); complaint != nil {
			return complaint
		}
	}
	return nil
}

func (f field) check(value *node, path string) *failure {
	if f.kind == kindRefused {
		return invalid("", path, fmt.Sprintf("The sandbox does not imitate the parameter %s.", path))
	}
	if value.isText() && value.text == "" {
		if f.unset {
			return nil
		}
		return invalid("parameter_invalid_empty", path, fmt.Sprintf("You passed an empty string for '%[1]s'. We assume "+
			"empty values are an attempt to unset a parameter; however '%[1]s' cannot be unset. You should remove '%[1]s' "+
			"from your request or supply a non-empty value.", path))
	}
	switch f.kind {
	case kindRange:
		if value.isText() {
			return f.checkText(value.text, path)
		}
		return f.fields.checkFields(value, path)
	case kindHash:
		if value.isText() {
			return invalid("", path, "Invalid object")
		}
		return f.fields.checkFields(value, path)
	case kindMetadata:
		return checkMetadata(value, path)
	case kindList, kindHashes:
		return f.checkList(value, path)
	default:
		if !value.isText() {
			return invalid("", path, "Invalid string: {}")
		}
		return f.checkText(value.text, path)
	}
}

func (f field) checkText(text, path string) *failure {
	switch f.kind {
	case kindInteger, kindRange:
		if _, ok := parseInteger(text); !ok {
			return invalid("parameter_invalid_integer", path, "Invalid integer: "+text)
		}
	case kindBoolean:
		if text != "true" && text != "false" {
			return invalid("", path, "Invalid boolean: "+text)
		}
	case kindOffSession:
		if !slices.Contains([]string{"true", "false", "one_off", "recurring"}, text) {
			return invalid("", path, "Invalid boolean: "+text)
		}
	case kindEnum:
		if !slices.Contains(f.oneOf, text) {
			return invalid("", path, fmt.Sprintf("Invalid %s: must be one of %s", path, alternatives(f.oneOf)))
		}
	case kindCurrency:
		return checkCurrency(text, path)
	case kindEmail:
		if name, host, ok := strings.Cut(text, "@"); !ok || name == "" || !strings.Contains(host, ".") ||
			strings.ContainsAny(text, " \t\n") || f.max > 0 && len([]rune(text)) > f.max {
			return invalid("email_invalid", path, "Invalid email address: "+text)
		}
	case kindURL:
		return checkURL(text, path)
	case kindCountry:
		return checkCountry(text, path)
	case kindTimestamp:
		if at, ok := parseInteger(text); !ok || at < 0 || at > maxTimestamp {
			return invalid("parameter_invalid_integer", path, "Invalid timestamp: "+text)
		}
	case kindDecimal:
		if !isDecimal(text) {
			return invalid("", path, "Invalid decimal: "+text+"; must contain at maximum 12 decimal places.")
		}
	case kindText, kindList, kindHash, kindHashes, kindMetadata, kindRefused:
	}
	return f.checkLength(text, path)
}

func (f field) checkLength(text, path string) *failure {
	length := len([]rune(text))
	if f.max == 0 || length <= f.max {
		return nil
	}
	if strings.HasPrefix(f.name, "statement_descriptor") {
		return invalid("", path, fmt.Sprintf("The statement descriptor must be at most %d characters. %s is %d characters "+
			"long.", f.max, text, length))
	}
	return invalid("", path, fmt.Sprintf("Invalid string: %s; must be at most %d characters", shortened(text), f.max))
}

// shortened shows the two ends of a long text, as Stripe does.
func shortened(text string) string {
	r := []rune(text)
	if len(r) <= 8 {
		return text
	}
	return string(r[:4]) + "..." + string(r[len(r)-4:])
}

// checkList refuses gaps: Stripe wants explicit keys to count from 0 (text captured from api.stripe.com).
func (f field) checkList(value *node, path string) *failure {
	if value.isText() {
		return invalid("", path, "Invalid array")
	}
	for i := range value.names {
		if value.kids[strconv.Itoa(i)] == nil {
			return invalid("", path, fmt.Sprintf("If passing an array with explicit keys (e.g. foo[0]=a&foo[1]=b) instead of "+
				"as an array (e.g. foo[]=a&foo[]=b), the keys must be numeric and sequential starting from 0. You passed the "+
				"keys `%s`, we expected to have a key with the value `%d`.", strings.Join(value.names, "`, `"), i))
		}
	}
	for i := range value.names {
		item, at := value.kids[strconv.Itoa(i)], fmt.Sprintf("%s[%d]", path, i)
		switch {
		case f.kind == kindHashes && item.isText():
			return invalid("", at, "Invalid object")
		case f.kind == kindHashes:
			if complaint := f.fields.checkFields(item, at); complaint != nil {
				return complaint
			}
		case !item.isText():
			return invalid("", at, "Invalid string: {}")
		}
	}
	return nil
}

// alternatives lists words the way Stripe does: "a, b, or c", "a or b".
func alternatives(words []string) string {
	switch n := len(words); n {
	case 1:
		return words[0]
	case 2:
		return words[0] + " or " + words[1]
	default:
		return strings.Join(words[:n-1], ", ") + ", or " + words[n-1]
	}
}
