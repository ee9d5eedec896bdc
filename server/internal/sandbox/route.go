package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// route is one endpoint.
type route struct {
	method  string
	path    string // {id} stands for the object, {below} for one that belongs to it
	returns string // the type of the object in the answer; expand starts there
	shape   shape
	check   func(*call) *failure // rules across parameters, before anything is executed or stored
	run     func(*Sandbox, *call) (any, *failure)
}

var routes = slices.Concat(
	paymentRoutes, customerRoutes, methodRoutes, setupRoutes, catalogueRoutes, subscriptionRoutes, invoiceRoutes,
	webhookRoutes, disputeRoutes,
)

var paymentRoutes = []route{
	{http.MethodPost, "/v1/payment_intents", "payment_intent", createShape, checkCreate, (*Sandbox).createPaymentIntent},
	{
		http.MethodGet, "/v1/payment_intents", "list of payment_intent", intentListShape, checkList,
		(*Sandbox).listPaymentIntents,
	},
	{http.MethodGet, "/v1/payment_intents/{id}", "payment_intent", getIntentShape, nil, (*Sandbox).getPaymentIntent},
	{
		http.MethodPost, "/v1/payment_intents/{id}", "payment_intent", updateShape, checkMethodTypes,
		(*Sandbox).updatePaymentIntent,
	},
	{
		http.MethodPost, "/v1/payment_intents/{id}/confirm", "payment_intent", confirmShape, checkConfirm,
		(*Sandbox).confirmPaymentIntent,
	},
	{
		http.MethodPost, "/v1/payment_intents/{id}/capture", "payment_intent", captureShape, checkCapture,
		(*Sandbox).capturePaymentIntent,
	},
	{
		http.MethodPost, "/v1/payment_intents/{id}/cancel", "payment_intent", cancelShape, nil,
		(*Sandbox).cancelPaymentIntent,
	},
	{http.MethodGet, "/v1/charges", "list of charge", chargeListShape, checkList, (*Sandbox).listCharges},
	{http.MethodGet, "/v1/charges/{id}", "charge", getShape, nil, (*Sandbox).getCharge},
	{http.MethodPost, "/v1/refunds", "refund", refundShape, checkRefund, (*Sandbox).createRefund},
	{http.MethodGet, "/v1/refunds", "list of refund", refundListShape, checkList, (*Sandbox).listRefunds},
	{http.MethodGet, "/v1/refunds/{id}", "refund", getShape, nil, (*Sandbox).getRefund},
	{http.MethodPost, "/v1/refunds/{id}", "refund", refundUpdateShape, nil, (*Sandbox).updateRefund},
	{http.MethodPost, "/v1/refunds/{id}/cancel", "refund", getShape, nil, (*Sandbox).cancelRefund},
	{
		http.MethodGet, "/v1/balance_transactions/{id}", "balance_transaction", getShape, nil,
		(*Sandbox).getBalanceTransaction,
	},
	{http.MethodGet, "/v1/events", "list of event", eventListShape, checkEventList, (*Sandbox).listEvents},
	{http.MethodGet, "/v1/events/{id}", "event", getShape, nil, (*Sandbox).getEvent},
}

// resolve finds the endpoint. A wrong method is an unknown URL at Stripe, and so is a trailing slash.
func (c *call) resolve() *failure {
	for i := range routes {
		if id, below, ok := routes[i].match(c); ok {
			c.route, c.id, c.below = &routes[i], id, below
			return nil
		}
	}
	f := invalid("", "", fmt.Sprintf("Unrecognized request URL (%s: %s). If you are trying to list objects, remove the "+
		"trailing slash. If you are trying to retrieve an object, make sure you passed a valid (non-empty) identifier in "+
		"your code. Please see https://stripe.com/docs or we can help at https://support.stripe.com/.", c.method, c.path))
	f.status, f.unlogged = http.StatusNotFound, true
	return f
}

func (r *route) match(c *call) (id, below string, ok bool) {
	if r.method != c.method {
		return "", "", false
	}
	want, got := strings.Split(r.path, "/"), strings.Split(c.path, "/")
	if len(want) != len(got) {
		return "", "", false
	}
	for i := range want {
		part, err := url.PathUnescape(got[i])
		switch {
		case err != nil || part == "":
			if want[i] != "" {
				return "", "", false
			}
		case want[i] == "{id}":
			id = part
		case want[i] == "{below}":
			below = part
		case want[i] != part:
			return "", "", false
		}
	}
	return id, below, true
}

// validate checks the parameters: one by one, then together, then the paths to expand.
func (c *call) validate() *failure {
	if len(c.key) > maxKeyLength {
		return invalid("", "", fmt.Sprintf("Idempotency keys can only be up to %d characters long.", maxKeyLength))
	}
	if f := c.route.shape.check(c.params); f != nil {
		return f
	}
	if c.route.check != nil {
		if f := c.route.check(c); f != nil {
			return f
		}
	}
	if list := c.params.get("expand"); list != nil {
		for _, name := range list.names {
			c.expand = append(c.expand, list.kids[name].text)
		}
	}
	return checkExpand(c.route.returns, c.expand)
}

// maxKeyLength stands in docs.stripe.com/api/idempotent_requests.
const maxKeyLength = 255
