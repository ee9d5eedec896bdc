package stripegw_test

import (
	"maps"
	"net/http"
	"testing"

	"google.golang.org/protobuf/proto"

	paymentsv1 "github.com/tillgate/tillgate/gen/payments/v1"
	"github.com/tillgate/tillgate/server/internal/stripegw"
)

// productOf is an expanded product with changes.
func productOf(t *testing.T, changes map[string]any) map[string]any {
	t.Helper()
	return object(t, sample(t, "product"), changes)
}

// invoicePayment is an expanded payment of an invoice in a state, with the secret that must not be told.
func invoicePayment(t *testing.T, status string, changes map[string]any) map[string]any {
	t.Helper()
	all := map[string]any{"status": status, "canceled_at": nil, "client_secret": canary, "id": "pi_1"}
	maps.Copy(all, changes)
	return paymentSample(t, all)
}

// TestBillingGolden: an object of Stripe's on the left, our message in testdata on the right.
func TestBillingGolden(t *testing.T) {
	product := productOf(t, map[string]any{"id": "prod_1", "name": "Gold", "description": nil})
	line := map[string]any{
		"object": "line_item", "id": "il_1", "amount": -1234, "currency": "eur", "proration": true, "quantity": 2,
		"description": "Unused time on 2 × Gold after 15 Mar 2024", "period": map[string]any{"start": 1700000000, "end": 1702592000},
		"price": priceSample(t, map[string]any{"id": "price_1"}), "subscription": "sub_1", "subscription_item": "si_1",
		"metadata": map[string]any{"x": canary},
	}
	for name, object := range map[string]map[string]any{
		"plan_sample": priceSample(t, nil),
		"plan_full": priceSample(t, map[string]any{
			"product": product, "currency": "eur", "lookup_key": "gold", "recurring.interval_count": 3, "recurring.interval": "week",
			"recurring.trial_period_days": 14, "nickname": canary, "livemode": true,
			"metadata": map[string]any{"tier": "2", "tillgate_operation": operationID, "tillgate_lookup_key": "gold"},
		}),
		"plan_archived_product": priceSample(t, map[string]any{
			"product": productOf(t, map[string]any{"active": false, "description": "All of it"}),
		}),
		"plan_deleted_product": priceSample(t, map[string]any{
			"product": map[string]any{"id": "prod_1", "object": "product", "deleted": true},
		}),
		"plan_tiered": priceSample(t, map[string]any{
			"product": product, "billing_scheme": "tiered", "tiers_mode": "graduated", "unit_amount": nil,
			"unit_amount_decimal": nil, "recurring.usage_type": "metered", "recurring.aggregate_usage": "sum",
		}),
		"plan_decimal": priceSample(t, map[string]any{"product": product, "unit_amount": nil, "unit_amount_decimal": "0.05"}),
		"plan_free":    priceSample(t, map[string]any{"unit_amount": 0, "unit_amount_decimal": "0"}),
		"plan_unknown_values": priceSample(t, map[string]any{
			"recurring.interval": "decade", "recurring.usage_type": "guessed", "billing_scheme": "haggled",
		}),
		"invoice_sample": invoiceSample(t, nil),
		"invoice_open": invoiceSample(t, map[string]any{
			"status": "open", "number": "A1B2-0001", "subscription": "sub_1", "billing_reason": "subscription_update",
			"currency": "eur", "amount_due": 5000, "amount_paid": 0, "amount_remaining": 5000, "subtotal": 6234, "total": 5000,
			"starting_balance": -1000, "ending_balance": 0, "auto_advance": true, "attempt_count": 1,
			"collection_method": "send_invoice", "default_payment_method": "pm_1", "description": "Thank you",
			"hosted_invoice_url": "https://invoice.stripe.com/i/1", "invoice_pdf": "https://pay.stripe.com/invoice/1/pdf",
			"status_transitions.finalized_at": 1700000001, "charge": "ch_1", "customer_email": canary,
			"metadata": map[string]any{"order": "1001"}, "lines.data": []any{line}, "lines.has_more": true,
			"payment_intent": invoicePayment(t, "requires_action", map[string]any{
				"next_action": map[string]any{"type": "redirect_to_url", "redirect_to_url": map[string]any{"url": "https://hooks.stripe.com/1"}},
			}),
		}),
		"invoice_declined": invoiceSample(t, map[string]any{
			"status": "open", "next_payment_attempt": 1700000000,
			"payment_intent": invoicePayment(t, "requires_payment_method", map[string]any{"last_payment_error": map[string]any{
				"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds", "charge": "ch_1",
				"message": canary, "payment_method": map[string]any{"id": "pm_1"},
			}}),
		}),
		"invoice_paid": invoiceSample(t, map[string]any{
			"status": "paid", "amount_paid": 1000, "amount_remaining": 0, "paid": true, "next_payment_attempt": nil,
			"status_transitions.paid_at": 1700000002, "payment_intent": invoicePayment(t, "succeeded", nil),
			"customer":     map[string]any{"id": "cus_1", "object": "customer", "email": canary},
			"subscription": map[string]any{"id": "sub_1", "object": "subscription"},
		}),
		"invoice_paid_elsewhere": invoiceSample(t, map[string]any{
			"status": "paid", "paid_out_of_band": true, "payment_intent": "pi_1", "due_date": nil,
		}),
		"invoice_void": invoiceSample(t, map[string]any{"status": "void", "status_transitions.voided_at": 1700000003}),
		"invoice_unknown_values": invoiceSample(t, map[string]any{
			"status": "lost", "billing_reason": "quote_accept", "collection_method": "by_hand",
			"payment_intent": invoicePayment(t, "requires_patience", nil),
		}),
	} {
		t.Run(name, func(t *testing.T) {
			message, err := readBilling(t, object["object"], encode(t, object))
			if err != nil {
				t.Fatal(err)
			}
			checkGolden(t, name, message)
		})
	}
}

func readBilling(t *testing.T, kind any, body string) (proto.Message, error) {
	t.Helper()
	g := newGateway(t, "http://stripe.test", func(c *stripegw.Config) { c.Transport = inProcess(body) })
	if kind == "price" {
		return g.GetPlan(t.Context(), "price_1")
	}
	// As it stands in a list: GetInvoice would read what is behind its first lines.
	g = newGateway(t, "http://stripe.test", func(c *stripegw.Config) {
		c.Transport = inProcess(`{"object":"list","has_more":false,"data":[` + body + `]}`)
	})
	invoices, _, err := g.InvoicePage(t.Context(), &paymentsv1.ListInvoicesRequest{}, "", 1)
	if err != nil || len(invoices) == 0 {
		return nil, err
	}
	return invoices[0], nil
}

// TestBillingOfOtherTypes: Stripe sends another type than expected in any one field, however deep. The answer is read all
// the same, but for the fields without which it says nothing.
func TestBillingOfOtherTypes(t *testing.T) {
	for kind, object := range map[string]map[string]any{
		"price": priceSample(t, map[string]any{"product": productOf(t, nil), "metadata.tier": "2"}),
		"invoice": invoiceSample(t, map[string]any{
			"payment_intent": invoicePayment(t, "succeeded", map[string]any{"latest_charge": "ch_1"}),
			"metadata.order": "1001",
		}),
	} {
		id, _ := object["id"].(string)
		essential := map[string]bool{"object": true, "id": true, "currency": true, "amount_due": true}
		// What has no interval is sold once.
		essential["recurring"] = true
		tried := 0
		var walk func(at map[string]any, path string)
		walk = func(at map[string]any, path string) {
			for key, original := range at {
				if inner, ok := original.(map[string]any); ok {
					walk(inner, path+key+".")
				}
				for _, other := range []any{"text", 12345, 1.5, true, []any{1}, map[string]any{"a": "b"}, nil} {
					at[key] = other
					message, err := readBilling(t, kind, encode(t, object))
					switch {
					case essential[path+key]:
					case err != nil:
						t.Errorf("%s: %s%s = %v: %v", kind, path, key, other, err)
					case message.(interface{ GetId() string }).GetId() != id:
						t.Errorf("%s: %s%s = %v: the id is lost", kind, path, key, other)
					}
					tried++
				}
				at[key] = original
			}
		}
		walk(object, "")
		if tried < 150 {
			t.Errorf("%s: only %d variations were tried", kind, tried)
		}
	}
}

// TestBillingUnreadable: a read can be asked again, and nothing of the body is told.
func TestBillingUnreadable(t *testing.T) {
	for _, kind := range []string{"price", "invoice"} {
		for name, body := range map[string]string{
			"no value": "null", "HTML": "<html>" + canary, "a list": "[]", "an empty object": "{}",
			"no id":          `{"object":"` + kind + `","currency":"usd","amount_due":1}`,
			"no currency":    `{"object":"` + kind + `","id":"x","amount_due":1}`,
			"another object": `{"object":"charge","id":"x","currency":"usd","amount_due":1}`,
			"truncated":      `{"object":"` + kind + `","id":"x","currency":"` + canary,
		} {
			t.Run(kind+" "+name, func(t *testing.T) {
				_, err := readBilling(t, kind, body)
				wantReason(t, err, unavailable)
				checkSilent(t, err)
			})
		}
	}
}

// TestPlanOfASingleSale: the price of something that is sold once is no plan.
func TestPlanOfASingleSale(t *testing.T) {
	_, err := readBilling(t, "price", encode(t, priceSample(t, map[string]any{"type": "one_time", "recurring": nil})))
	wantReason(t, err, resourceMissing)
}

// TestInvoiceLines: GetInvoice reads what is behind the first lines, up to a thousand.
func TestInvoiceLines(t *testing.T) {
	for _, tt := range []struct {
		pages int
		more  bool
		want  int
	}{{1, false, 100}, {3, false, 300}, {10, false, 1000}, {11, true, 1000}} {
		pages := 0
		transport := func(path string) string {
			if path == "/v1/invoices/in_1" {
				return encode(t, invoiceSample(t, map[string]any{"lines.has_more": true}))
			}
			pages++
			lines := make([]any, 100)
			for i := range lines {
				lines[i] = map[string]any{"object": "line_item", "id": "il_1", "amount": 1}
			}
			return encode(t, map[string]any{"data": lines, "has_more": pages < tt.pages})
		}
		g := newGateway(t, "http://stripe.test", func(c *stripegw.Config) { c.Transport = byPath(transport) })
		invoice, err := g.GetInvoice(t.Context(), "in_1")
		if err != nil || len(invoice.GetLines()) != tt.want || invoice.GetMoreLines() != tt.more {
			t.Errorf("%d pages: %d lines, more %t, %v", tt.pages, len(invoice.GetLines()), invoice.GetMoreLines(), err)
		}
	}
}

// byPath is a transport that answers each path with a body, without a socket.
func byPath(body func(path string) string) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) { return inProcess(body(r.URL.Path)).RoundTrip(r) })
}

// TestPayableInvoice: the secret is given out by PayInvoice, while there is something to do with it.
func TestPayableInvoice(t *testing.T) {
	for state, given := range map[string]bool{
		"requires_payment_method": true, "requires_confirmation": true, "requires_action": true,
		"processing": false, "succeeded": false, "canceled": false,
	} {
		body := encode(t, invoiceSample(t, map[string]any{"payment_intent": invoicePayment(t, state, nil)}))
		g := newGateway(t, newStripe(t, answer(200, body)).URL)
		for method, req := range map[string]proto.Message{
			payInvoice: &paymentsv1.PayInvoiceRequest{InvoiceId: "in_1"}, finalizeInvoice: fullFinalize(), voidInvoice: fullVoid(),
		} {
			r, err := prepareOnly(g, req, operationID)
			if err != nil {
				t.Fatal(err)
			}
			outcome, err := writeOnce(t.Context(), g, method, r)
			if err != nil || (outcome.ClientSecret != "") != (given && method == payInvoice) {
				t.Errorf("%s, %s: secret given %t, %v", method, state, outcome.ClientSecret != "", err)
			}
		}
	}
}
