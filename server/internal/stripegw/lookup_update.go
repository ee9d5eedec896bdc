package stripegw

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
)

// stands is for an update: every parameter that was sent stands in the object. What can not be compared does not.
func stands(form url.Values, body []byte) bool {
	var object map[string]any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // a number is compared as the text that Stripe wrote
	// What is left of a deleted object has no parameter at all, as if all were unset.
	if decoder.Decode(&object) != nil || object["deleted"] == true {
		return false
	}
	compared := 0
	lists := map[string]int{} // how many items were sent for a list
	for param, values := range form {
		path, ok := paramPath(param)
		switch {
		case !ok || len(values) != 1:
			return false
		case path[0] == "expand":
			continue
		case !sameValue(valueAt(object, path), values[0]):
			return false
		}
		if last := len(path) - 1; last > 0 && isIndex(path[last]) {
			lists[strings.Join(path[:last], ".")]++
		}
		compared++
	}
	for list, sent := range lists {
		// In a map the index was a key.
		if items, ok := valueAt(object, strings.Split(list, ".")).([]any); ok && len(items) != sent {
			return false
		}
	}
	return compared > 0
}

// paramPath splits a parameter in Stripe's brackets, `a[b][0]`. A key of metadata that has brackets of its own can not
// be split.
func paramPath(param string) ([]string, bool) {
	base, rest, nested := strings.Cut(param, "[")
	path := []string{base}
	if nested {
		inner, closed := strings.CutSuffix(rest, "]")
		if !closed {
			return nil, false
		}
		path = append(path, strings.Split(inner, "][")...)
	}
	for _, part := range path {
		if part == "" || strings.ContainsAny(part, "[]") {
			return nil, false
		}
	}
	return path, true
}

// valueAt walks down a JSON value. Nil is where there is nothing, or null.
func valueAt(value any, path []string) any {
	for _, key := range path {
		switch v := value.(type) {
		case map[string]any:
			value = v[key]
		case []any:
			index, err := strconv.Atoi(key)
			if err != nil || index < 0 || index >= len(v) {
				return nil
			}
			value = v[index]
		default:
			return nil
		}
	}
	return value
}

// sameValue compares a JSON value with the text that was sent for it; an empty text unsets. An object with an id stands
// for that id.
func sameValue(value any, sent string) bool {
	switch v := value.(type) {
	case nil:
		return sent == ""
	case string:
		return v == sent
	case json.Number:
		return v.String() == sent
	case bool:
		return strconv.FormatBool(v) == sent
	case map[string]any:
		id, ok := v["id"].(string)
		return ok && id == sent
	case []any:
		return len(v) == 0 && sent == ""
	default:
		return false
	}
}
