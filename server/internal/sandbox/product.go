package sandbox

import (
	"net/http"
	"slices"
)

// product is Stripe's object, its properties in Stripe's order.
type product struct {
	ID                  string            `json:"id"`
	Object              string            `json:"object"`
	Active              bool              `json:"active"`
	Created             int64             `json:"created"`
	DefaultPrice        ref               `json:"default_price"`
	Description         nullString        `json:"description"`
	Features            []productFeature  `json:"features"`
	Images              []string          `json:"images"`
	Livemode            bool              `json:"livemode"`
	Metadata            map[string]string `json:"metadata"`
	Name                string            `json:"name"`
	PackageDimensions   null              `json:"package_dimensions"`
	Shippable           *bool             `json:"shippable"`
	StatementDescriptor nullString        `json:"statement_descriptor"`
	TaxCode             nullString        `json:"tax_code"`
	UnitLabel           nullString        `json:"unit_label"`
	Updated             int64             `json:"updated"`
	URL                 nullString        `json:"url"`

	deleted bool // only the tombstone is left of it
}

// productFeature is a line of a pricing table.
type productFeature struct {
	Name string `json:"name"`
}

func (p *product) identity() string { return p.ID }

// productParam finds the product that a parameter names; a deleted one is none.
func (s *Sandbox) productParam(id, param string) (*product, *failure) {
	found, ok := s.world.products.get(id)
	if !ok || found.deleted {
		return nil, missing(http.StatusBadRequest, "product", id, param)
	}
	return found, nil
}

// findProduct finds the product of the path.
func (s *Sandbox) findProduct(c *call) (*product, *failure) {
	found, f := s.productParam(c.id, "id")
	if f != nil {
		f.status = http.StatusNotFound
		return nil, f
	}
	return found, nil
}

func (s *Sandbox) getProduct(c *call) (any, *failure) {
	return s.findProduct(c)
}

func (s *Sandbox) listProducts(c *call) (any, *failure) {
	ids := c.params.get("ids")
	if ids != nil && (c.has("starting_after") || c.has("ending_before")) {
		return nil, invalid("", "ids", "You may not specify ids together with starting_after or ending_before.")
	}
	return pageOf(c, &s.world.products, "product", func(p *product) bool {
		return !p.deleted && c.within(p.Created) && c.matches("active", p.Active) &&
			c.matches("shippable", p.Shippable != nil && *p.Shippable) && (!c.has("url") || c.text("url") == string(p.URL)) &&
			(ids == nil || slices.Contains(listed(ids), p.ID))
	})
}

// matches says whether a filter that is true or false lets something through.
func (c *call) matches(filter string, is bool) bool {
	return !c.has(filter) || c.flag(filter) == is
}
