package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	invoicesPath = "/v1/invoices"
	itemsPath    = "/v1/invoiceitems"
)

// payer makes a customer whose default method is a published one.
func (a api) payer(t *testing.T, method, more string) string {
	t.Helper()
	id := a.customer(t, more)
	pm := a.post(t, methodsPath+"/"+method+"/attach", "customer="+id)
	pm.want(t, 200, nil)
	a.post(t, customersPath+"/"+id, "invoice_settings[default_payment_method]="+pm.text("id")).want(t, 200, nil)
	return id
}

// bill makes a draft of items with those amounts.
func (a api) bill(t *testing.T, customerID, more string, amounts ...string) string {
	t.Helper()
	inv := a.post(t, invoicesPath, "customer="+customerID+more)
	inv.want(t, 200, map[string]any{"status": "draft", "billing_reason": "manual", "total": 0})
	currency := inv.text("currency")
	for _, amount := range amounts {
		a.post(t, itemsPath, "customer="+customerID+"&currency="+currency+"&amount="+amount+"&invoice="+inv.text("id")).
			want(t, 200, map[string]any{"invoice": inv.text("id")})
	}
	return inv.text("id")
}

func (a api) on(t *testing.T, invoiceID, action, form string) reply {
	t.Helper()
	return a.post(t, invoicesPath+"/"+invoiceID+"/"+action, form)
}

// since gives the types of the events after the first n.
func (a api) since(t *testing.T, n int) []string {
	t.Helper()
	return a.eventTypes(t)[n:]
}

// An invoice goes from draft to paid; the payment is an ordinary one that names the invoice.
func TestT01_InvoiceIsFinalizedAndPaid(t *testing.T) {
	t.Parallel()
	a := newAPI()
	cu := a.payer(t, "pm_card_visa", "name=Jenny&email=jenny@example.com&invoice_prefix=ABC")
	id := a.bill(t, cu, "", "1500", "-500")
	before := len(a.eventTypes(t))
	open := a.on(t, id, "finalize", "expand[]=payment_intent")
	open.want(t, 200, map[string]any{
		"status": "open", "amount_due": 1000, "amount_remaining": 1000, "number": "ABC-0001", "attempted": false,
		"attempt_count": 0, "total": 1000, "customer_name": "Jenny", "customer_email": "jenny@example.com",
		"payment_intent.status": "requires_confirmation", "payment_intent.invoice": id, "payment_intent.amount": 1000,
		"payment_intent.description": "Payment for Invoice", "payment_intent.setup_future_usage": nil,
		"status_transitions.finalized_at": int(start.Unix()), "starting_balance": 0, "ending_balance": 0,
	})
	if !strings.HasPrefix(open.text("hosted_invoice_url"), "https://invoice.stripe.com/i/acct_") ||
		!strings.HasSuffix(open.text("invoice_pdf"), "/pdf?s=ap") {
		t.Errorf("links: %s %s", open.text("hosted_invoice_url"), open.text("invoice_pdf"))
	}
	paid := a.on(t, id, "pay", "expand[]=charge&expand[]=payment_intent")
	paid.want(t, 200, map[string]any{
		"status": "paid", "paid": true, "amount_paid": 1000, "amount_remaining": 0, "attempted": true, "attempt_count": 1,
		"charge.invoice": id, "charge.amount": 1000, "payment_intent.status": "succeeded", "paid_out_of_band": false,
		"status_transitions.paid_at": int(start.Unix()), "next_payment_attempt": nil,
	})
	want := []string{
		"invoice.finalized", "payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "invoice.updated",
		"invoice.paid", "invoice.payment_succeeded",
	}
	if d := cmp.Diff(want, a.since(t, before)); d != "" {
		t.Error(d)
	}
	if got := a.paidFor(open.text("payment_intent", "id")); got != 1000 {
		t.Errorf("the customer paid %d", got)
	}
	if next := a.bill(t, cu, "", "200"); a.on(t, next, "pay", "").text("number") != "ABC-0002" {
		t.Error("a draft that is paid is not finalized first, or the sequence stands still")
	}
}

// How a payment ends is told by the invoice, its events and the answer.
func TestT01_InvoicePaymentFails(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, method, form, code, intent string
		events                           []string
	}{
		{
			"declined", "pm_card_chargeCustomerFail", "", "card_declined", "requires_payment_method",
			[]string{
				"charge.failed", "payment_intent.payment_failed", "invoice.updated", "invoice.payment_failed",
			},
		},
		{
			"authentication off session", "pm_card_authenticationRequired", "", "invoice_payment_intent_requires_action",
			"requires_action",
			[]string{
				"payment_intent.requires_action", "invoice.updated", "invoice.payment_failed",
				"invoice.payment_action_required",
			},
		},
		{
			"authentication on session", "pm_card_threeDSecure2Required", "off_session=false",
			"invoice_payment_intent_requires_action", "requires_action",
			[]string{
				"payment_intent.requires_action", "invoice.updated", "invoice.payment_failed",
				"invoice.payment_action_required",
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			id := a.bill(t, a.payer(t, tt.method, ""), "", "1000")
			a.on(t, id, "finalize", "").want(t, 200, nil)
			before := len(a.eventTypes(t))
			a.on(t, id, "pay", tt.form).want(t, 402, map[string]any{
				"error.code": tt.code, "error.type": "card_error", "error.payment_intent.status": tt.intent,
			})
			if d := cmp.Diff(tt.events, a.since(t, before)); d != "" {
				t.Error(d)
			}
			inv := a.get(t, invoicesPath+"/"+id, "")
			inv.want(t, 200, map[string]any{
				"status": "open", "attempted": true, "attempt_count": 1, "amount_paid": 0, "paid": false,
			})
			a.on(t, id, "pay", tt.form).want(t, 402, nil) // a try by hand after the first does not count
			a.get(t, invoicesPath+"/"+id, "").want(t, 200, map[string]any{"attempt_count": 1})
			a.on(t, id, "pay", "payment_method=pm_card_visa").want(t, 200, map[string]any{"status": "paid", "attempt_count": 1})
		})
	}
}

// A customer takes the step that the bank asks for, on the page or in the app, and the invoice is paid.
func TestT01_InvoiceIsPaidByItsIntent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		outcome, status string
		last            string
	}{
		{"succeed", "paid", "invoice.payment_succeeded"}, {"fail", "open", "invoice.payment_failed"},
	} {
		a := newAPI()
		id := a.bill(t, a.payer(t, "pm_card_threeDSecure2Required", ""), "", "1000")
		pi := a.on(t, id, "finalize", "").text("payment_intent")
		a.post(t, intentsPath+"/"+pi+"/confirm", "").want(t, 200, map[string]any{"status": "requires_action", "invoice": id})
		a.authenticate(t, pi, tt.outcome).want(t, 200, nil)
		a.get(t, invoicesPath+"/"+id, "").want(t, 200, map[string]any{"status": tt.status, "attempt_count": 1})
		if types := a.eventTypes(t); types[len(types)-1] != tt.last {
			t.Errorf("after %s came %v", tt.outcome, types)
		}
	}
}

// A bank debit leaves the invoice open until the bank has settled it; one that comes back does so for good.
func TestT01_InvoiceIsPaidByDebit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method, status string
		paid           int
		last           string
	}{
		{"pm_usBankAccount_success", "paid", 1000, "invoice.payment_succeeded"},
		{"pm_usBankAccount_insufficientFunds", "open", 0, "invoice.payment_failed"},
	} {
		a := newAPI()
		cu := a.customer(t, "")
		setup := a.setUp(t, "us_bank_account", tt.method, mandate+"&customer="+cu)
		setup.want(t, 200, map[string]any{"status": "succeeded"})
		a.post(t, customersPath+"/"+cu, "invoice_settings[default_payment_method]="+setup.text("payment_method"))
		id := a.bill(t, cu, "", "1000")
		a.on(t, id, "pay", "expand[]=payment_intent").want(t, 200, map[string]any{
			"status": "open", "paid": false, "attempted": true, "payment_intent.status": "processing",
		})
		a.on(t, id, "void", "").want(t, 400, nil)
		a.on(t, id, "pay", "").want(t, 400, map[string]any{"error.code": "payment_intent_unexpected_state"})
		a.clock.Advance(settled)
		a.get(t, invoicesPath+"/"+id, "").want(t, 200, map[string]any{
			"status": tt.status, "amount_paid": tt.paid, "attempt_count": 1,
		})
		if types := a.eventTypes(t); types[len(types)-1] != tt.last {
			t.Errorf("%s ends in %v", tt.method, types)
		}
	}
}

// A debit that arrives after the invoice was paid elsewhere does not pay it a second time.
func TestT01_InvoiceIsPaidOnce(t *testing.T) {
	t.Parallel()
	a := newAPI()
	cu := a.customer(t, "")
	method := a.setUp(t, "us_bank_account", "pm_usBankAccount_success", mandate+"&customer="+cu).text("payment_method")
	id := a.bill(t, cu, "", "1000")
	a.on(t, id, "pay", "payment_method="+method).want(t, 200, map[string]any{"status": "open"})
	paid := a.on(t, id, "pay", "paid_out_of_band=true")
	paid.want(t, 200, map[string]any{"status": "paid", "paid_out_of_band": true})
	before := len(a.eventTypes(t))
	a.clock.Advance(settled)
	want := []string{"charge.succeeded", "payment_intent.succeeded"}
	if d := cmp.Diff(want, a.since(t, before)); d != "" {
		t.Error(d)
	}
	if got := a.get(t, invoicesPath+"/"+id, ""); got.raw != paid.raw {
		t.Errorf("the invoice changed: %s", got.raw)
	}
}

// What a customer has or owes goes into the next invoice, and what is too little to charge waits for another.
func TestT01_InvoiceAndBalance(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, balance, amount string
		due, rest             int
		status                string
	}{
		{"nothing", "0", "0", 0, 0, "paid"},
		{"credit for a part", "-300", "1000", 700, 0, "open"},
		{"credit for all", "-3000", "1000", 0, -2000, "paid"},
		{"debt", "250", "1000", 1250, 0, "open"},
		{"negative total", "0", "-700", 0, -700, "paid"},
		{"one cent too little", "0", "49", 0, 49, "paid"},
		{"the smallest charge", "0", "50", 50, 0, "open"},
		{"a rest that is too little", "-960", "1000", 0, 40, "paid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			cu := a.customer(t, "balance="+tt.balance)
			id := a.bill(t, cu, "", tt.amount)
			a.get(t, invoicesPath+"/"+id, "").want(t, 200, map[string]any{"amount_due": tt.due, "ending_balance": nil})
			open := a.on(t, id, "finalize", "")
			open.want(t, 200, map[string]any{"status": tt.status, "amount_due": tt.due, "ending_balance": tt.rest})
			if hasIntent := open.at("payment_intent") != nil; hasIntent != (tt.due > 0) {
				t.Errorf("payment intent: %v", open.at("payment_intent"))
			}
			a.get(t, customersPath+"/"+cu, "").want(t, 200, map[string]any{"balance": tt.rest})
			if tt.status == "open" {
				a.on(t, id, "void", "").want(t, 200, map[string]any{"status": "void", "amount_due": tt.due})
				balance := a.get(t, customersPath+"/"+cu, "")
				start, _ := open.at("starting_balance").(float64)
				balance.want(t, 200, map[string]any{"balance": int(start)})
			}
		})
	}
}

// invoiceEnds are the ways in which an invoice ends other than by a payment.
var invoiceEnds = []struct {
	name, action, form string
	values             map[string]any
	intent             string
	events             []string
}{
	{
		"void", "void", "",
		map[string]any{"status": "void", "paid": false, "amount_remaining": 1000},
		"canceled",
		[]string{"invoice.voided", "payment_intent.canceled"},
	},
	{
		"uncollectible", "mark_uncollectible", "",
		map[string]any{"status": "uncollectible", "paid": false},
		"requires_payment_method",
		[]string{"invoice.updated", "invoice.marked_uncollectible"},
	},
	{
		"paid elsewhere", "pay", "paid_out_of_band=true",
		map[string]any{"status": "paid", "paid": true, "paid_out_of_band": true, "attempted": false, "charge": nil},
		"canceled",
		[]string{"payment_intent.canceled", "invoice.updated", "invoice.paid"},
	},
	{
		"sent", "send", "", map[string]any{"status": "open"}, "requires_payment_method", []string{"invoice.sent"},
	},
}

func TestT01_InvoiceEnds(t *testing.T) {
	t.Parallel()
	for _, tt := range invoiceEnds {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI()
			id := a.bill(t, a.customer(t, ""), "&collection_method=send_invoice&days_until_due=7", "1000")
			a.on(t, id, "finalize", "").want(t, 200, map[string]any{"due_date": int(start.AddDate(0, 0, 7).Unix())})
			before := len(a.eventTypes(t))
			got := a.on(t, id, tt.action, tt.form)
			got.want(t, 200, tt.values)
			a.get(t, intentsPath+"/"+got.text("payment_intent"), "").want(t, 200, map[string]any{"status": tt.intent})
			if d := cmp.Diff(tt.events, a.since(t, before)); d != "" {
				t.Error(d)
			}
		})
	}
}

// An invoice that was written off can still be paid, or voided.
func TestT01_UncollectibleInvoice(t *testing.T) {
	t.Parallel()
	for action, status := range map[string]string{"pay": "paid", "void": "void"} {
		a := newAPI()
		id := a.bill(t, a.payer(t, "pm_card_visa", ""), "", "1000")
		a.on(t, id, "finalize", "")
		a.on(t, id, "mark_uncollectible", "").want(t, 200, nil)
		a.on(t, id, action, "").want(t, 200, map[string]any{"status": status})
	}
}

// A draft that goes on by itself is collected after an hour, in the time of its customer.
func TestT01_InvoiceAdvancesByItself(t *testing.T) {
	t.Parallel()
	a := newAPI()
	id := a.bill(t, a.payer(t, "pm_card_visa", ""), "&auto_advance=true", "1000")
	a.get(t, invoicesPath+"/"+id, "").want(t, 200, map[string]any{
		"auto_advance": true, "next_payment_attempt": int(start.Add(time.Hour).Unix()),
	})
	a.clock.Advance(time.Hour - time.Second)
	a.get(t, invoicesPath+"/"+id, "").want(t, 200, map[string]any{"status": "draft"})
	a.clock.Advance(time.Second)
	a.get(t, invoicesPath+"/"+id, "").want(t, 200, map[string]any{"status": "paid", "auto_advance": false})
}

// Items wait for the next invoice that takes them up, and no second one bills them again.
func TestT01_PendingInvoiceItems(t *testing.T) {
	t.Parallel()
	a := newAPI()
	cu := a.customer(t, "")
	product := a.product(t, "name=Mug")
	once := a.post(t, "/v1/prices", "currency=usd&unit_amount=250&product="+product).text("id")
	first := a.post(t, itemsPath, "customer="+cu+"&currency=usd&amount=700&description=Work&metadata[k]=v")
	first.want(t, 200, map[string]any{"amount": 700, "unit_amount": 700, "invoice": nil, "proration": false})
	a.post(t, itemsPath, "customer="+cu+"&price="+once+"&quantity=3").want(t, 200, map[string]any{
		"amount": 750, "quantity": 3, "description": "Mug", "price.id": once,
	})
	gone := a.post(t, itemsPath, "customer="+cu+"&currency=usd&unit_amount=5&quantity=2").text("id")
	a.do(t, http.MethodDelete, itemsPath+"/"+gone, "").want(t, 200, map[string]any{"deleted": true})
	a.get(t, itemsPath+"/"+gone, "").want(t, 404, map[string]any{"error.code": "resource_missing"})
	a.get(t, invoicesPath+"/upcoming", "customer="+cu).want(t, 200, map[string]any{"total": 1450, "id": nil})
	if id := a.bill(t, cu, ""); a.get(t, invoicesPath+"/"+id+"/lines", "").raw == "" {
		t.Error("no list of lines")
	}
	inv := a.post(t, invoicesPath, "customer="+cu+"&pending_invoice_items_behavior=include")
	inv.want(t, 200, map[string]any{"total": 1450, "lines.total_count": 2})
	lines, _ := a.get(t, invoicesPath+"/"+inv.text("id")+"/lines", "limit=1").at("data").([]any)
	line, _ := lines[0].(map[string]any)
	if len(lines) != 1 || line["invoice_item"] != first.text("id") || line["type"] != "invoiceitem" {
		t.Errorf("lines: %v", lines)
	}
	a.get(t, itemsPath, "customer="+cu+"&pending=true").want(t, 200, map[string]any{"has_more": false})
	a.post(t, invoicesPath, "customer="+cu+"&pending_invoice_items_behavior=include").want(t, 200, map[string]any{"total": 0})
	a.get(t, invoicesPath+"/upcoming", "customer="+cu).want(t, 404, map[string]any{
		"error.code": "invoice_upcoming_none", "error.message": "No upcoming invoices for customer: " + cu,
	})
	a.do(t, http.MethodDelete, itemsPath+"/"+first.text("id"), "").want(t, 200, nil)
	a.get(t, invoicesPath+"/"+inv.text("id"), "").want(t, 200, map[string]any{"total": 750})
	a.do(t, http.MethodDelete, invoicesPath+"/"+inv.text("id"), "").want(t, 200, map[string]any{"deleted": true})
	a.get(t, invoicesPath+"/"+inv.text("id"), "").want(t, 404, map[string]any{"error.param": "invoice"})
}
