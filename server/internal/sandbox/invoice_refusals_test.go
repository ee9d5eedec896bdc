package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
)

// invoiceRefusals are requests that an invoice in some state refuses; INV is the invoice, PI its payment intent and CUS
// its customer.
var invoiceRefusals = []struct {
	name, reach, method, path, form string
	status                          int
	code, param, message            string
}{
	{
		"pay what is paid", "paid", "POST", invoicesPath + "/INV/pay", "", 400, "", "", "Invoice is already paid",
	},
	{
		"pay what is void", "void", "POST", invoicesPath + "/INV/pay", "", 400, "", "",
		"Invoice can no longer be paid: it is void",
	},
	{
		"pay with nothing", "bare", "POST", invoicesPath + "/INV/pay", "", 400, "resource_missing", "",
		"This customer has no attached payment source or default payment method.",
	},
	{
		"pay with a method that is not there", "open", "POST", invoicesPath + "/INV/pay", "payment_method=pm_none", 400,
		"resource_missing", "payment_method", "No such PaymentMethod: 'pm_none'",
	},
	{
		"forgive", "open", "POST", invoicesPath + "/INV/pay", "forgive=true", 400, "", "forgive",
		"The sandbox does not imitate the parameter forgive.",
	},
	{
		"finalize twice", "open", "POST", invoicesPath + "/INV/finalize", "", 400, "invoice_not_editable", "",
		"This invoice is already finalized, you can't re-finalize a non-draft invoice.",
	},
	{
		"void a draft", "draft", "POST", invoicesPath + "/INV/void", "", 400, "", "",
		"You can only pass in open invoices. This invoice isn't open.",
	},
	{
		"void what is paid", "paid", "POST", invoicesPath + "/INV/void", "", 400, "", "",
		"You can only pass in open invoices. This invoice isn't open.",
	},
	{
		"void twice", "void", "POST", invoicesPath + "/INV/void", "", 400, "", "",
		"You can only pass in open invoices. This invoice isn't open.",
	},
	{
		"write off what is paid", "paid", "POST", invoicesPath + "/INV/mark_uncollectible", "", 400, "", "",
		"You can only pass in open invoices. This invoice isn't open.",
	},
	{
		"write off twice", "uncollectible", "POST", invoicesPath + "/INV/mark_uncollectible", "", 400, "", "",
		"This invoice has already been marked uncollectible.",
	},
	{
		"send what is collected", "open", "POST", invoicesPath + "/INV/send", "", 400, "", "",
		"You can only manually send an invoice if its collection method is 'send_invoice'.",
	},
	{
		"delete what is open", "open", "DELETE", invoicesPath + "/INV", "", 400, "", "",
		"You can only delete draft invoices.",
	},
	{
		"describe what is open", "open", "POST", invoicesPath + "/INV", "description=d", 400, "", "description",
		"Finalized invoices can't be updated in this way",
	},
	{
		"another customer's method", "draft", "POST", invoicesPath + "/INV", "default_payment_method=pm_card_visa", 400,
		"resource_missing", "default_payment_method", "No such PaymentMethod: 'pm_card_visa'",
	},
	{
		"an item for what is open", "open", "POST", itemsPath, "customer=CUS&amount=1&currency=usd&invoice=INV", 400,
		"invoice_not_editable", "", "Invalid invoice: This invoice is no longer editable",
	},
	{
		"an item in another currency", "draft", "POST", itemsPath, "customer=CUS&amount=1&currency=eur&invoice=INV", 400, "",
		"currency", "The currency of the invoice item must match that of the invoice, usd.",
	},
	{
		"an item of nothing", "draft", "POST", itemsPath, "customer=CUS", 400, "parameter_missing", "amount",
		"You must pass either `amount`, `price`, or `unit_amount`.",
	},
	{
		"an item for nobody", "draft", "POST", itemsPath, "amount=1&currency=usd", 400, "parameter_missing", "customer",
		"Missing required param: customer.",
	},
	{
		"an invoice for nobody", "draft", "POST", invoicesPath, "customer=cus_none", 400, "resource_missing", "customer",
		"No such customer: 'cus_none'",
	},
	{
		"no day to pay by", "draft", "POST", invoicesPath, "customer=CUS&collection_method=send_invoice", 400, "", "",
		"If invoice collection method is 'send_invoice', you must specify 'due_date' or 'days_until_due'.",
	},
	{
		"a day to pay by", "draft", "POST", invoicesPath, "customer=CUS&days_until_due=3", 400, "", "",
		"You can only specify 'due_date' or 'days_until_due' if invoice collection method is 'send_invoice'.",
	},
	{
		"an unknown status", "draft", "GET", invoicesPath, "status=closed", 400, "", "status",
		"Invalid status: must be one of draft, open, void, paid, or uncollectible",
	},
	{
		"upcoming of nothing", "draft", "GET", invoicesPath + "/upcoming", "", 400, "parameter_missing", "customer",
		"You must specify either a customer or a subscription.",
	},
	{
		"upcoming of no subscription", "draft", "GET", invoicesPath + "/upcoming", "subscription=sub_none", 404,
		"resource_missing", "subscription", "No such subscription: 'sub_none'",
	},
	{
		"no such invoice", "draft", "GET", invoicesPath + "/in_none", "", 404, "resource_missing", "invoice",
		"No such invoice: 'in_none'",
	},
	{
		"no such invoice to pay", "draft", "POST", invoicesPath + "/in_none/pay", "", 404, "resource_missing", "id",
		"No such invoice: 'in_none'",
	},
	{
		"cancel the payment", "open", "POST", intentsPath + "/PI/cancel", "", 400, "", "",
		"You cannot cancel PaymentIntents created by invoices. Try voiding the invoice instead.",
	},
	{
		"change the payment", "open", "POST", intentsPath + "/PI", "amount=5", 400, "", "amount",
		"You cannot update the amount of PaymentIntents created by invoices.",
	},
	{
		"hold the payment", "open", "POST", intentsPath + "/PI/confirm", "capture_method=manual", 400, "", "capture_method",
		"You cannot update the capture_method of PaymentIntents created by invoices.",
	},
}

// reachInvoice makes an invoice of 10 dollars in some state.
func (a api) reachInvoice(t *testing.T, state string) (id, customerID string) {
	t.Helper()
	if state == "bare" {
		customerID = a.customer(t, "")
		return a.bill(t, customerID, "", "1000"), customerID
	}
	customerID = a.payer(t, "pm_card_visa", "")
	id = a.bill(t, customerID, "", "1000")
	if state == "draft" {
		return id, customerID
	}
	a.on(t, id, "finalize", "").want(t, 200, nil)
	if action := map[string]string{"paid": "pay", "void": "void", "uncollectible": "mark_uncollectible"}[state]; action != "" {
		a.on(t, id, action, "").want(t, 200, nil)
	}
	return id, customerID
}

func TestT01_InvoiceRefusals(t *testing.T) {
	t.Parallel()
	for _, tt := range invoiceRefusals {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			id, cu := a.reachInvoice(t, tt.reach)
			inv := a.get(t, invoicesPath+"/"+id, "")
			fill := strings.NewReplacer("INV", id, "CUS", cu, "PI", inv.text("payment_intent"))
			events := len(a.eventTypes(t))
			got := a.do(t, tt.method, fill.Replace(tt.path), fill.Replace(tt.form))
			got.want(t, tt.status, nil)
			if got.text("error", "code") != tt.code || got.text("error", "param") != tt.param ||
				!strings.HasPrefix(got.text("error", "message"), tt.message) {
				t.Errorf("refused with %s", got.raw)
			}
			if raw := a.get(t, invoicesPath+"/"+id, "").raw; raw != inv.raw || len(a.eventTypes(t)) != events {
				t.Error("the refusal left something behind")
			}
			if got.header.Get("Stripe-Should-Retry") == "true" || got.status == http.StatusOK {
				t.Error("not a refusal")
			}
		})
	}
}
