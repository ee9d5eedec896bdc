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
		"customer":    "customer",
		"invoice":     "invoice",
		"application": "", "last_payment_error": "", "on_behalf_of": "", "processing": "",
		"review": "", "source": "", "transfer_data": "",
	},
	"charge": {
		"balance_transaction": "balance_transaction", "payment_intent": "payment_intent", "refunds": "list of refund",
		"customer":    "customer",
		"application": "", "application_fee": "", "destination": "", "dispute": "dispute",
		"invoice":                     "invoice",
		"failure_balance_transaction": "", "on_behalf_of": "", "order": "", "review": "", "source": "",
		"source_transfer": "", "transfer": "", "transfer_data": "",
	},
	"payment_method": {"customer": "customer"},
	"customer": {
		"invoice_settings": "invoice_settings",
		"cash_balance":     "", "default_source": "", "discount": "", "sources": "", "subscriptions": "", "tax": "",
		"tax_ids": "", "test_clock": "test_helpers.test_clock",
	},
	"invoice_settings": {"default_payment_method": "payment_method"},
	"setup_intent": {
		"mandate": "mandate", "payment_method": "payment_method",
		"customer": "customer", "application": "", "last_setup_error": "", "latest_attempt": "", "on_behalf_of": "",
		"single_use_mandate": "",
	},
	"mandate":             {"payment_method": "payment_method"},
	"balance_transaction": {"source": "source"},
	"refund": {
		"balance_transaction": "balance_transaction", "charge": "charge",
		"failure_balance_transaction": "balance_transaction", "payment_intent": "payment_intent",
		"source_transfer_reversal": "", "transfer_reversal": "",
	},
	// What a balance transaction comes from: a charge, a refund or a dispute.
	"source": {
		"balance_transaction": "balance_transaction", "charge": "charge", "payment_intent": "payment_intent",
		"refunds": "list of refund",
	},
	"product": {"default_price": "price", "features": "", "package_dimensions": "", "tax_code": ""},
	"price": {
		"product": "product", "tiers": "",
		"currency_options": "", "custom_unit_amount": "", "recurring": "", "transform_quantity": "",
	},
	"plan": {"product": "product", "tiers": "", "transform_usage": ""},
	"invoice": {
		"charge": "charge", "customer": "customer", "default_payment_method": "payment_method",
		"lines": "list of line_item", "payment_intent": "payment_intent", "subscription": "subscription",
		"test_clock":      "test_helpers.test_clock",
		"account_tax_ids": "", "application": "", "default_source": "", "discount": "", "discounts": "",
		"latest_revision": "", "on_behalf_of": "", "quote": "",
	},
	"line_item": {"plan": "plan", "price": "price", "subscription": "subscription", "discounts": ""},
	"invoiceitem": {
		"customer": "customer", "invoice": "invoice", "plan": "plan", "price": "price", "subscription": "subscription",
		"test_clock": "test_helpers.test_clock",
		"discounts":  "",
	},
	"subscription": {
		"customer": "customer", "default_payment_method": "payment_method", "items": "list of subscription_item",
		"latest_invoice": "invoice", "pending_setup_intent": "setup_intent", "plan": "plan",
		"schedule": "subscription_schedule", "test_clock": "test_helpers.test_clock",
		"application": "", "default_source": "", "discount": "", "on_behalf_of": "",
	},
	"subscription_item": {"plan": "plan", "price": "price"},
	"subscription_schedule": {
		"customer": "customer", "default_settings": "schedule_settings", "phases": "schedule_phase",
		"subscription": "subscription", "test_clock": "test_helpers.test_clock", "application": "",
	},
	"schedule_phase": {
		"default_payment_method": "payment_method", "items": "schedule_item",
		"coupon": "", "default_tax_rates": "", "on_behalf_of": "",
	},
	"schedule_item":     {"plan": "plan", "price": "price"},
	"schedule_settings": {"default_payment_method": "payment_method", "on_behalf_of": ""},

	"list of subscription":          {"data": "subscription"},
	"list of subscription_item":     {"data": "subscription_item"},
	"list of subscription_schedule": {"data": "subscription_schedule"},

	"list of invoice":        {"data": "invoice"},
	"list of invoiceitem":    {"data": "invoiceitem"},
	"list of line_item":      {"data": "line_item"},
	"event":                  {"data": "", "request": ""},
	"list of charge":         {"data": "charge"},
	"list of customer":       {"data": "customer"},
	"list of event":          {"data": "event"},
	"list of payment_intent": {"data": "payment_intent"},
	"list of payment_method": {"data": "payment_method"},
	"list of refund":         {"data": "refund"},
	"list of plan":           {"data": "plan"},
	"list of price":          {"data": "price"},
	"list of product":        {"data": "product"},
	"list of setup_intent":   {"data": "setup_intent"},

	"webhook_endpoint":         {},
	"list of webhook_endpoint": {"data": "webhook_endpoint"},

	"dispute": {
		"charge": "charge", "payment_intent": "payment_intent",
		"balance_transactions": "", "evidence": "", "evidence_details": "", "payment_method_details": "",
	},
	"list of dispute": {"data": "dispute"},

	"list of test_helpers.test_clock": {"data": "test_helpers.test_clock"},
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
				return notExpandable(strings.Join(segments[:i+1], "."), i == 0 && strings.HasPrefix(object, "list of "))
			}
			if at = next; at == "" {
				break
			}
		}
	}
	return nil
}

func notExpandable(path string, ofList bool) *failure {
	text := fmt.Sprintf("This property cannot be expanded (%s).", path)
	if ofList {
		text += fmt.Sprintf(" You may want to try expanding 'data.%s' instead.", path)
	}
	return invalid("", "", text)
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
		s.expandRef(&snapshot.Customer, below["customer"])
		s.expandRef(&snapshot.Invoice, below["invoice"])
		s.expandRef(&snapshot.LatestCharge, below["latest_charge"])
		s.expandRef(&snapshot.PaymentMethod, below["payment_method"])
		return &snapshot
	case *setupIntent:
		snapshot := *o
		s.expandRef(&snapshot.Customer, below["customer"])
		s.expandRef(&snapshot.Mandate, below["mandate"])
		s.expandRef(&snapshot.PaymentMethod, below["payment_method"])
		return &snapshot
	case *mandate:
		snapshot := *o
		s.expandRef(&snapshot.PaymentMethod, below["payment_method"])
		return &snapshot
	case *charge:
		snapshot := *o
		s.expandRef(&snapshot.BalanceTransaction, below["balance_transaction"])
		s.expandRef(&snapshot.Customer, below["customer"])
		s.expandRef(&snapshot.Dispute, below["dispute"])
		s.expandRef(&snapshot.Invoice, below["invoice"])
		s.expandRef(&snapshot.PaymentIntent, below["payment_intent"])
		if below["refunds"] != nil {
			snapshot.Refunds = s.refundsOf(o, below["refunds"])
		}
		return &snapshot
	case *customer:
		if o.deleted {
			return o.tombstone()
		}
		snapshot := *o
		s.expandRef(&snapshot.InvoiceSettings.DefaultPaymentMethod,
			underneath(below["invoice_settings"], "default_payment_method"))
		s.expandRef(&snapshot.TestClock, below["test_clock"])
		return &snapshot
	case *paymentMethod:
		snapshot := *o
		s.expandRef(&snapshot.Customer, below["customer"])
		return &snapshot
	case *refund:
		snapshot := *o
		s.expandRef(&snapshot.BalanceTransaction, below["balance_transaction"])
		s.expandRef(&snapshot.Charge, below["charge"])
		s.expandRef(&snapshot.PaymentIntent, below["payment_intent"])
		if o.FailureBalanceTransaction != nil {
			snapshot.FailureBalanceTransaction = new(*o.FailureBalanceTransaction)
			s.expandRef(snapshot.FailureBalanceTransaction, below["failure_balance_transaction"])
		}
		return &snapshot
	case *dispute:
		return s.expandedDispute(o, below)
	case *product:
		snapshot := *o
		s.expandRef(&snapshot.DefaultPrice, below["default_price"])
		return &snapshot
	case *price:
		snapshot := *o
		s.expandRef(&snapshot.Product, below["product"])
		if below["tiers"] != nil {
			snapshot.Tiers = o.tiers
		}
		return &snapshot
	case *plan:
		snapshot := *o
		s.expandRef(&snapshot.Product, below["product"])
		if below["tiers"] != nil {
			snapshot.Tiers = o.tiers
		}
		return &snapshot
	case *subscription:
		return s.expandedSubscription(o, below)
	case *subscriptionItem:
		return s.expandedItem(o, below)
	case *subscriptionSchedule:
		return s.expandedSchedule(o, below)
	case *invoice:
		return s.expandedInvoice(o, below)
	case *invoiceLine:
		return s.expandedLine(o, below)
	case *invoiceItem:
		return s.expandedInvoiceItem(o, below)
	case *page:
		for i, item := range o.Data {
			o.Data[i] = s.expanded(item, inside(below["data"]))
		}
		return o
	case *balanceTransaction:
		snapshot := *o
		snapshot.Status = o.statusAt(s.timeOf(o.clock))
		s.expandRef(&snapshot.Source, below["source"])
		return &snapshot
	}
	return object
}

func (s *Sandbox) expandRef(r *ref, paths []string) {
	if paths == nil || r.id == "" {
		return
	}
	if object := s.lookUp(r.id); object != nil {
		r.object = s.expanded(object, inside(paths))
	}
}

// inside leaves out the path that ends here.
func inside(paths []string) []string {
	return slices.DeleteFunc(paths, func(path string) bool { return path == "" })
}

// underneath gives what follows a name in paths; nil where none has it.
func underneath(paths []string, name string) []string {
	var rest []string
	for _, path := range paths {
		if head, more, _ := strings.Cut(path, "."); head == name {
			rest = append(rest, more)
		}
	}
	return rest
}

// refundsOf lists the newest refunds of a charge.
func (s *Sandbox) refundsOf(ch *charge, paths []string) *chargeRefunds {
	all := &chargeRefunds{
		Object: "list", Data: []any{}, URL: "/v1/charges/" + ch.ID + "/refunds",
		HasMore: len(ch.refundIDs) > defaultLimit, TotalCount: len(ch.refundIDs),
	}
	below := []string{}
	for _, path := range paths {
		if rest, deeper := strings.CutPrefix(path, "data."); deeper {
			below = append(below, rest)
		}
	}
	for _, id := range slices.Backward(ch.refundIDs) {
		if len(all.Data) < defaultLimit {
			all.Data = append(all.Data, s.expanded(s.lookUp(id), below))
		}
	}
	return all
}

func (s *Sandbox) lookUp(id string) any {
	kind, _, _ := strings.Cut(id, "_")
	switch kind {
	case "pi":
		return found(s.world.paymentIntents.get(id))
	case "cus":
		return found(s.world.customers.get(id))
	case "ch", "py":
		return found(s.world.charges.get(id))
	case "dp":
		return found(s.world.disputes.get(id))
	case "re", "pyr":
		return found(s.world.refunds.get(id))
	case "seti":
		return found(s.world.setupIntents.get(id))
	case "mandate":
		return found(s.world.mandates.get(id))
	case "pm":
		return found(s.world.paymentMethods.get(id))
	case "txn":
		return found(s.world.balanceTransactions.get(id))
	case "sub":
		if strings.HasPrefix(id, "sub_sched_") {
			return found(s.world.schedules.get(id))
		}
		return found(s.world.subscriptions.get(id))
	case "in":
		return found(s.world.invoices.get(id))
	case "ii":
		return found(s.world.invoiceItems.get(id))
	case "price":
		return found(s.world.prices.get(id))
	case "clock":
		return found(s.world.testClocks.get(id))
	}
	return found(s.world.products.get(id)) // whose id may be anything
}

// found makes a missing object nil, where a nil pointer in an interface would not be.
func found[T any](object *T, ok bool) any {
	if !ok {
		return nil
	}
	return object
}
