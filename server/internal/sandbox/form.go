package sandbox

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits on what one request may make the decoder build. Stripe's own are not published; these are far above any
// request of a Stripe library.
const (
	maxFormPairs = 2000
	maxFormDepth = 16
)

// node is one decoded parameter: either a text, or children by name in the order in which they came.
type node struct {
	text  string
	names []string
	kids  map[string]*node
}

func (n *node) isText() bool { return n.kids == nil }

// get follows names down the tree; it gives nil when one is missing.
func (n *node) get(names ...string) *node {
	for _, name := range names {
		if n == nil {
			return nil
		}
		n = n.kids[name]
	}
	return n
}

// decodeForm reads Stripe's wire format: brackets for nesting, with names, numbers or nothing in them
// (docs.stripe.com/api, request bodies; stripe-go writes numbers, curl users write none).
func decodeForm(raw string) (*node, error) {
	root := &node{kids: map[string]*node{}}
	pairs := 0
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		if pairs++; pairs > maxFormPairs {
			return nil, errors.New("Too many parameters.") //nolint:revive,staticcheck // the text of an API answer
		}
		name, value, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		if nameErr != nil || valueErr != nil {
			return nil, errors.New("Invalid %-encoding in parameters.") //nolint:revive,staticcheck // as above
		}
		if !utf8.ValidString(name) || !utf8.ValidString(value) {
			return nil, errors.New("Invalid UTF-8 in parameters.") //nolint:revive,staticcheck // as above
		}
		if err := root.put(splitBrackets(name), value); err != nil {
			return nil, err
		}
	}
	return root, nil
}

// splitBrackets cuts a[b][] into a, b and the empty name. A name with broken brackets is taken whole, so that it is
// reported as an unknown parameter.
func splitBrackets(name string) []string {
	head, rest, found := strings.Cut(name, "[")
	if !found || head == "" || !strings.HasSuffix(rest, "]") {
		return []string{name}
	}
	path := append([]string{head}, strings.Split(strings.TrimSuffix(rest, "]"), "][")...)
	if slices.ContainsFunc(path, func(s string) bool { return strings.ContainsAny(s, "[]") }) {
		return []string{name}
	}
	return path
}

func (n *node) put(path []string, value string) error {
	if len(path) > maxFormDepth {
		return errors.New("Parameters are nested too deeply.") //nolint:revive,staticcheck // the text of an API answer
	}
	for i, name := range path {
		last := i == len(path)-1
		if name == "" {
			name = n.nextIndex(path[i+1:])
		}
		kid := n.kids[name]
		if kid == nil {
			kid = &node{}
			n.kids[name] = kid
			n.names = append(n.names, name)
			if !last {
				kid.kids = map[string]*node{}
			}
		}
		if kid.isText() != last {
			return errors.New("Invalid request: the parameter " + path[0] + " was passed both as a value and as a hash.")
		}
		n = kid
	}
	n.text = value
	return nil
}

// nextIndex names the element that a[] or a[][b] means: a hash goes on until one of its names comes a second time.
func (n *node) nextIndex(rest []string) string {
	if count := len(n.names); count > 0 && len(rest) > 0 {
		lastName := n.names[count-1]
		if last := n.kids[lastName]; !last.isText() && rest[0] != "" && last.kids[rest[0]] == nil {
			return lastName
		}
	}
	for i := len(n.names); ; i++ {
		if name := strconv.Itoa(i); n.kids[name] == nil {
			return name
		}
	}
}

// canonical writes the tree in one fixed order, whatever order and brackets the caller chose. Equal trees, and only
// these, give equal texts: idempotency compares them.
func (n *node) canonical(b *strings.Builder) {
	if n.isText() {
		b.WriteString(strconv.Quote(n.text))
		return
	}
	b.WriteByte('{')
	for i, name := range slices.Sorted(slices.Values(n.names)) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Quote(name))
		b.WriteByte(':')
		n.kids[name].canonical(b)
	}
	b.WriteByte('}')
}
