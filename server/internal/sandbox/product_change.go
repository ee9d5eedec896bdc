package sandbox

import (
	"fmt"
	"strconv"
)

// createProduct makes a product and, where its data is given, the price that is its default.
func (s *Sandbox) createProduct(c *call) (any, *failure) {
	p, f := s.newProduct(c, c.params)
	if f != nil {
		return nil, f
	}
	s.world.products.put(p.ID, p)
	s.emit(c, "product.created", p, nil)
	data := c.params.get("default_price_data")
	if data == nil {
		return p, nil
	}
	made := s.newPrice(c, data, p.ID)
	s.putPrice(c, made)
	next := *p
	next.DefaultPrice = ref{id: made.ID}
	s.world.products.put(next.ID, &next)
	s.emit(c, "product.updated", &next, p)
	return &next, nil
}

// newProduct makes a product of its data: the parameters of a create, or product_data of a price. The caller keeps it.
func (s *Sandbox) newProduct(c *call, data *node) (*product, *failure) {
	p := &product{
		ID: s.productID(), Object: "product", Active: true, Created: c.at.Unix(), Features: []productFeature{},
		Images: []string{}, Metadata: map[string]string{}, Updated: c.at.Unix(),
	}
	if id := data.get("id"); id != nil {
		p.ID = id.text
	}
	if old, taken := s.world.products.get(p.ID); taken && !old.deleted {
		return nil, invalid("resource_already_exists", "id", "Product already exists.")
	}
	p.change(data)
	return p, nil
}

// productID makes ids of 14 letters, as a customer's.
func (s *Sandbox) productID() string { return "prod_T" + s.ids.letters(13) }

func (s *Sandbox) updateProduct(c *call) (any, *failure) {
	old, f := s.findProduct(c)
	if f != nil {
		return nil, f
	}
	next := *old
	if id := c.text("default_price"); id != "" {
		chosen, f := s.priceParam(c, id, "default_price")
		if f != nil {
			return nil, f
		}
		if chosen.Product.id != old.ID {
			return nil, invalid("", "default_price", fmt.Sprintf("The price specified is not associated with the product %s.",
				old.ID))
		}
		next.DefaultPrice = ref{id: id}
	}
	next.change(c.params)
	next.Updated = c.at.Unix()
	s.world.products.put(next.ID, &next)
	s.emit(c, "product.updated", &next, old)
	return &next, nil
}

// change applies what a create and an update share.
func (p *product) change(data *node) {
	data.change(&p.Description, "description")
	data.change(&p.StatementDescriptor, "statement_descriptor")
	data.change(&p.TaxCode, "tax_code")
	data.change(&p.UnitLabel, "unit_label")
	data.change(&p.URL, "url")
	if name := data.get("name"); name != nil {
		p.Name = name.text
	}
	if active := data.get("active"); active != nil {
		p.Active = active.text == "true"
	}
	if shippable := data.get("shippable"); shippable != nil {
		p.Shippable = new(shippable.text == "true")
	}
	if images := data.get("images"); images != nil {
		p.Images = listed(images)
	}
	if features := data.get("features"); features != nil {
		p.Features = []productFeature{}
		for i := range features.names {
			p.Features = append(p.Features, productFeature{Name: features.get(strconv.Itoa(i), "name").text})
		}
	}
	p.Metadata = data.merged(p.Metadata)
}

// deleteProduct leaves a tombstone of a product that never had a price (text: issue 658 of stripe/stripe-python).
func (s *Sandbox) deleteProduct(c *call) (any, *failure) {
	old, f := s.findProduct(c)
	if f != nil {
		return nil, f
	}
	for _, p := range s.world.prices.rows {
		if p.Product.id == old.ID {
			return nil, invalid("", "", "This product cannot be deleted because it has one or more user-created prices.")
		}
	}
	gone := *old
	gone.deleted = true
	s.world.products.put(gone.ID, &gone)
	s.emit(c, "product.deleted", old, nil)
	return &tombstone{ID: old.ID, Object: old.Object, Deleted: true}, nil
}
