package sandbox

import "slices"

const (
	defaultLimit = 10
	maxLimit     = 100
)

// page is a part of a list, newest first (docs.stripe.com/api/pagination).
type page struct {
	Object  string `json:"object"`
	Data    []any  `json:"data"`
	HasMore bool   `json:"has_more"`
	URL     string `json:"url"`
}

// pageOf gives the page of a table that a request asks for: behind starting_after, before ending_before, or the newest.
// The cursor need not match the filter. The kind is what Stripe's messages call an object.
func pageOf[T any](c *call, t *table[T], kind string, keep func(*T) bool) (*page, *failure) {
	after, f := cursor(c, t, kind, "starting_after", len(t.rows))
	if f != nil {
		return nil, f
	}
	before, f := cursor(c, t, kind, "ending_before", -1)
	if f != nil {
		return nil, f
	}
	if c.has("starting_after") && c.has("ending_before") {
		return nil, invalid("", "", "Received both starting_after and ending_before parameters. Please pass in only one.")
	}
	from, step := after-1, -1
	if c.has("ending_before") {
		from, step = before+1, 1
	}
	limit := int64(defaultLimit)
	if c.has("limit") {
		limit, _ = parseInteger(c.text("limit"))
	}
	p := &page{Object: "list", Data: []any{}, URL: c.path}
	t.walk(from, step, func(object *T) bool {
		switch {
		case !keep(object):
		case int64(len(p.Data)) == limit:
			p.HasMore = true
		default:
			p.Data = append(p.Data, object)
		}
		return !p.HasMore
	})
	if step > 0 {
		slices.Reverse(p.Data)
	}
	return p, nil
}

// cursor gives the index of the object that a parameter names, or otherwise where there is no such parameter.
func cursor[T any](c *call, t *table[T], kind, param string, otherwise int) (int, *failure) {
	id := c.text(param)
	if id == "" {
		return otherwise, nil
	}
	place, ok := t.place[id]
	if !ok {
		return 0, missing(400, kind, id, param)
	}
	return place - t.dropped, nil
}

// within reads the filter created: one second, or a range of them (spec3.json, range_query_specs).
func (c *call) within(created int64) bool {
	filter := c.params.get("created")
	if filter == nil {
		return true
	}
	if filter.isText() {
		exact, _ := parseInteger(filter.text)
		return created == exact
	}
	for _, name := range filter.names {
		bound, _ := parseInteger(filter.kids[name].text)
		if !bounds[name](created, bound) {
			return false
		}
	}
	return true
}

var bounds = map[string]func(created, bound int64) bool{
	"gt":  func(created, bound int64) bool { return created > bound },
	"gte": func(created, bound int64) bool { return created >= bound },
	"lt":  func(created, bound int64) bool { return created < bound },
	"lte": func(created, bound int64) bool { return created <= bound },
}
