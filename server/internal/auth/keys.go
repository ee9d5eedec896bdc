package auth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// checkKeys refuses a JSON object that has a key twice, or in another case than it is documented. encoding/json would
// merge the two, the second over the first, and so give a caller rights that stand beside another one.
func checkKeys(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	var seen []map[string]bool // a set for each open object, nil for each open list
	isKey := false
	for {
		token, err := decoder.Token()
		if err != nil {
			return nil //nolint:nilerr // what is no JSON at all is said by whoever decodes it
		}
		object := len(seen) > 0 && seen[len(seen)-1] != nil
		switch delim, _ := token.(json.Delim); delim {
		case '{', '[':
			if delim == '{' {
				seen = append(seen, map[string]bool{})
			} else {
				seen = append(seen, nil)
			}
			isKey = delim == '{'
			continue
		case '}', ']':
			seen = seen[:len(seen)-1]
			isKey = len(seen) > 0 && seen[len(seen)-1] != nil
			continue
		}
		if !object {
			continue
		}
		if isKey {
			key, _ := token.(string)
			if !slices.Contains([]string{"callers", "name", "token_sha256", "scopes", "expires"}, key) {
				return fmt.Errorf("unknown field %q", key)
			}
			if seen[len(seen)-1][key] {
				return fmt.Errorf("%q stands twice in one object", key)
			}
			seen[len(seen)-1][key] = true
		}
		isKey = !isKey
	}
}
