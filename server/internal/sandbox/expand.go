package sandbox

import (
	"fmt"
	"slices"
	"strings"
)

// maxExpandDepth stands in docs.stripe.com/expand.
const maxExpandDepth = 4

// expandable says which properties of an object can be expanded, and to what. An empty type is one that the sandbox
// does not hold: such a property is always null, and what is asked below it is not looked at, as at Stripe.
var expandable = map[string]map[string]string{
	"payment_intent": {
		"latest_charge": "charge", "payment_method": "payment_method",
		"application": "", "customer": "", "invoice": "", "last_payment_error": "", "on_behalf_of": "", "processing": "",
		"review": "", "source": "", "transfer_data": "",
	},
	"charge": {
		"balance_transaction": "balance_transaction", "payment_intent": "payment_intent", "refunds": "",
		"application": "", "application_fee": "", "customer": "", "destination": "", "dispute": "",
		"failure_balance_transaction": "", "invoice": "", "on_behalf_of": "", "order": "", "review": "", "source": "",
		"source_transfer": "", "transfer": "", "transfer_data": "",
	},
	"payment_method":      {"customer": ""},
	"balance_transaction": {"source": "charge"},
}

// checkExpand refuses a path before anything is executed.
func checkExpand(object string, paths []string) *failure {
	for _, path := range paths {
		segments := strings.Split(path, ".")
		if len(segments) > maxExpandDepth {
			f := invalid("property_expansion_max_depth", "",
				fmt.Sprintf("You cannot expand more than %d levels of a property. Property: %s", maxExpandDepth, path))
			f.docless = true
			return f
		}
		at := object
		for i, segment := range segments {
			next, ok := expandable[at][segment]
			if !ok {
				return invalid("", "", fmt.Sprintf("This property cannot be expanded (%s).",
					strings.Join(segments[:i+1], ".")))
			}
			if at = next; at == "" {
				break
			}
		}
	}
	return nil
}

// expanded copies an object and puts the objects that the paths name in the place of their ids. The stored object
// never holds another. The caller holds mu.
func (s *Sandbox) expanded(object any, paths []string) any {
	below := map[string][]string{}
	for _, path := range paths {
		head, rest, _ := strings.Cut(path, ".")
		below[head] = append(below[head], rest)
	}
	switch o := object.(type) {
	case *paymentIntent:
		snapshot := *o
		s.expandRef(&snapshot.LatestCharge, below["latest_charge"])
		s.expandRef(&snapshot.PaymentMethod, below["payment_method"])
		return &snapshot
	case *charge:
		snapshot := *o
		s.expandRef(&snapshot.BalanceTransaction, below["balance_transaction"])
		s.expandRef(&snapshot.PaymentIntent, below["payment_intent"])
		if below["refunds"] != nil {
			snapshot.Refunds = &list{Object: "list", Data: []any{}, URL: "/v1/charges/" + o.ID + "/refunds"}
		}
		return &snapshot
	case *balanceTransaction:
		snapshot := *o
		snapshot.Status = o.statusAt(s.now())
		s.expandRef(&snapshot.Source, below["source"])
		return &snapshot
	}
	return object
}

func (s *Sandbox) expandRef(r *ref, paths []string) {
	if paths == nil || r.id == "" {
		return
	}
	paths = slices.DeleteFunc(paths, func(path string) bool { return path == "" })
	if object := s.lookUp(r.id); object != nil {
		r.object = s.expanded(object, paths)
	}
}

func (s *Sandbox) lookUp(id string) any {
	kind, _, _ := strings.Cut(id, "_")
	switch kind {
	case "pi":
		return s.world.paymentIntents[id]
	case "ch":
		return s.world.charges[id]
	case "pm":
		return s.world.paymentMethods[id]
	case "txn":
		return s.world.balanceTransactions[id]
	}
	return nil
}
