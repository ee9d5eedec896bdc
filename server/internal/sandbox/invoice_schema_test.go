package sandbox_test

import (
	"net/http"
	"testing"
	"time"
)

// Answers about invoices, their lines and invoice items hold to Stripe's description, from the leanest to the fullest,
// in every status, and so does every object in their events.
func TestT01_InvoicesHoldToTheDescription(t *testing.T) {
	t.Parallel()
	all := answers{}
	const expand = "expand[]=customer&expand[]=charge.invoice&expand[]=payment_intent.invoice&expand[]=subscription.customer&" +
		"expand[]=lines.data.price.product&expand[]=default_payment_method&expand[]=test_clock"
	for _, state := range []string{"bare", "draft", "open", "paid", "void", "uncollectible"} {
		a := newAPI()
		id, cu := a.reachInvoice(t, state)
		path := invoicesPath + "/" + id
		all.keep(a.get(t, path, ""), a.get(t, path, expand), a.get(t, path+"/lines", "expand[]=data.price"),
			a.post(t, path, "metadata[k]=v&auto_advance=true"), a.post(t, path, "description=d&footer=f&statement_descriptor=s"),
			a.get(t, itemsPath, "customer="+cu+"&expand[]=data.invoice"), a.do(t, http.MethodDelete, path, ""))
		item := a.post(t, itemsPath, "customer="+cu+"&amount=-5&currency=usd&metadata[k]=v&period[start]=1&period[end]=2")
		all.keep(item, a.get(t, upcomingPath, "customer="+cu), a.get(t, upcomingPath+"/lines", "customer="+cu),
			a.get(t, itemsPath+"/"+item.text("id"), "expand[]=customer"),
			a.do(t, http.MethodDelete, itemsPath+"/"+item.text("id"), ""), a.get(t, upcomingPath, "customer="+cu))
		all.keepEvents(t, a)
		if state == "paid" {
			c := newContract(t)
			for path, got := range map[string]reply{
				invoicesPath: a.get(t, invoicesPath, ""), itemsPath: a.get(t, itemsPath, ""),
				invoicesPath + "/{invoice}/lines": a.get(t, path+"/lines", ""),
			} {
				if err := c.listViolation(path, any(got.body)); err != nil {
					t.Errorf("%s violates the description: %v", path, err)
				}
			}
		}
	}
	for _, method := range []string{"pm_card_visa", "pm_card_chargeCustomerFail", "pm_card_authenticationRequired"} {
		a := newAPI()
		clock := a.testClock(t)
		cu := a.payer(t, method, fullCustomer+"&test_clock="+clock)
		gold, silver := a.pricedMonthly(t, "usd", "3000", "Gold"), a.pricedMonthly(t, "usd", "1999", "Silver")
		sub := a.post(t, "/v1/subscriptions", "customer="+cu+"&items[0][price]="+gold+"&metadata[k]=v&"+
			"payment_settings[payment_method_types][]=card")
		sub.want(t, 200, nil)
		items, _ := sub.at("items", "data").([]any)
		item, _ := items[0].(map[string]any)
		about := "subscription=" + sub.text("id")
		itemID, _ := item["id"].(string)
		change := "items[0][id]=" + itemID + "&items[0][price]=" + silver + "&items[0][quantity]=2"
		a.advance(t, clock, start.AddDate(0, 0, 9))
		all.keep(a.get(t, upcomingPath, about+"&expand[]=subscription&"+expand),
			a.get(t, upcomingPath, about+"&subscription_items[0][id]="+itemID+"&subscription_items[0][price]="+silver),
			a.get(t, upcomingPath+"/lines", about+"&limit=1"), a.post(t, "/v1/subscriptions/"+sub.text("id"), change),
			a.get(t, itemsPath, "customer="+cu+"&expand[]=data.price.product&expand[]=data.subscription"))
		a.advance(t, clock, start.AddDate(0, 1, 0).Add(time.Minute))
		all.keep(a.get(t, invoicesPath, about))
		a.advance(t, clock, start.AddDate(0, 1, 1))
		all.keep(a.get(t, invoicesPath, about+"&expand[]=data.charge&expand[]=data.payment_intent&expand[]=data.customer"))
		all.keepEvents(t, a)
	}
	for _, kind := range []string{"invoice", "line_item", "invoiceitem", "deleted_invoice", "deleted_invoiceitem"} {
		if len(all[kind]) == 0 {
			t.Errorf("no %s was checked", kind)
		}
	}
	all.hold(t, "charge.refunds", "customer.cash_balance") // there only when they are expanded
}
