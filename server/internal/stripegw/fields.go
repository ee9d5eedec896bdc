package stripegw

import (
	"maps"
	"strconv"
	"strings"

	"github.com/tillgate/tillgate/server/internal/apierr"
)

// maxMetadataKey is the longest key of Stripe's metadata (https://docs.stripe.com/api/metadata).
const maxMetadataKey = 40

// paramFields says which field of our request stands behind a parameter of Stripe's, by the parameter's first part. A
// parameter that is not in it is one that only we can have got wrong.
type paramFields map[string]string

// joined is several tables in one.
func joined(tables ...paramFields) paramFields {
	all := paramFields{}
	for _, table := range tables {
		maps.Copy(all, table)
	}
	return all
}

// named returns the error with the field of ours that it is about. Where Stripe names no parameter, the code may say it:
// it then stands in the table like a parameter.
func (p paramFields) named(e apierr.StripeError) apierr.StripeError {
	if e.Field = p.field(e.Param); e.Param == "" {
		e.Field = p[e.Code]
	}
	return e
}

// field translates Stripe's bracket path: `items[0]` is index 0 of ours, `metadata[x]` our `metadata["x"]`, and what is
// in the table as a whole, such as `created[lt]`, is what it says there. `items[][price]` in the table is each item's,
// with its index where ours has `[]` too.
func (p paramFields) field(param string) string {
	if field := p[param]; field != "" {
		return field
	}
	if pattern, indexes := indexed(param); p[pattern] != "" {
		field := p[pattern]
		for _, index := range indexes {
			field = strings.Replace(field, "[]", "["+index+"]", 1)
		}
		return field
	}
	base, rest, _ := strings.Cut(param, "[")
	field := p[base]
	switch {
	case field == "":
		return ""
	case rest == "":
		return field
	case base == metadataParam:
		key := strings.TrimSuffix(rest, "]")
		if key == operationKey {
			return ""
		}
		return field + "[" + strconv.Quote(key) + "]"
	}
	if index := strings.TrimSuffix(rest, "]"); isIndex(index) {
		return field + "[" + index + "]"
	}
	return field
}

// indexed takes the indexes out of a bracket path: of `items[0][price]` it leaves `items[][price]` and 0.
func indexed(param string) (pattern string, indexes []string) {
	base, rest, nested := strings.Cut(param, "[")
	if !nested {
		return param, nil
	}
	parts := strings.Split(strings.TrimSuffix(rest, "]"), "][")
	for i, part := range parts {
		if isIndex(part) {
			indexes = append(indexes, part)
			parts[i] = ""
		}
	}
	return base + "[" + strings.Join(parts, "][") + "]", indexes
}

// param returns s if it has the form of a parameter's name, and nothing otherwise. Only a key of metadata is free in
// form, and that is the caller's own.
func param(s string) string {
	base, rest, nested := strings.Cut(s, "[")
	switch {
	case len(s) > maxToken || token(base) == "":
		return ""
	case !nested:
		return s
	case base == metadataParam && strings.HasSuffix(rest, "]") && len(rest) <= maxMetadataKey+1:
		return s
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(rest, "]"), "][") {
		if token(part) != part {
			return ""
		}
	}
	return s
}

func isIndex(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return err == nil
}
