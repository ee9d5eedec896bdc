package stripegw

import (
	"slices"
	"strings"
)

const (
	// metadataParam is Stripe's parameter for pairs of one's own.
	metadataParam = "metadata"
	// operationKey is the pair of ours in the metadata of everything that we create. It is hidden from callers.
	operationKey = "tillgate_operation"

	// paymentSubject is the type of a payment in errors, and paymentPath what stands before its id in a path; so for the
	// other objects.
	paymentSubject       = "payment"
	paymentPath          = "/v1/payment_intents/"
	refundSubject        = "refund"
	refundPath           = "/v1/refunds/"
	customerSubject      = "customer"
	customerPath         = "/v1/customers/"
	paymentMethodSubject = "payment_method"
	paymentMethodPath    = "/v1/payment_methods/"
	setupIntentSubject   = "setup_intent"
	setupIntentPath      = "/v1/setup_intents/"
)

// What the rpcs make and change.
var (
	paymentObject = objectKind{
		subject: paymentSubject, prefixes: []string{"pi_"}, get: getPaymentRequest, decode: decodePayment,
	}
	// A refund of some bank payments begins with `pyr_`.
	refundOfPayment = objectKind{
		subject: refundSubject, prefixes: []string{"re_", "pyr_"}, get: getRefundRequest, decode: decodeRefund,
	}
	customerKind = objectKind{
		subject: customerSubject, prefixes: []string{"cus_"}, get: getCustomerRequest, decode: decodeCustomer,
	}
	// What is older than payment methods can be used as one.
	paymentMethodKind = objectKind{
		subject: paymentMethodSubject, prefixes: []string{"pm_", "card_", "src_", "ba_"},
		get: getPaymentMethodRequest, decode: decodePaymentMethod,
	}
	setupIntentKind = objectKind{
		subject: setupIntentSubject, prefixes: []string{"seti_"}, get: getSetupIntentRequest, decode: decodeSetupIntent,
	}
)

// writes is the table of all rpcs that change something. A new rpc is a new row, which says too how its outcome is
// looked up.
func writes() []write {
	return slices.Concat(
		paymentWrites(), refundWrites(), customerWrites(), paymentMethodWrites(), setupIntentWrites(), microdepositWrites(),
		planWrites(), subscriptionWrites(), invoiceWrites())
}

// confirmsAtOnce is whether a recorded create asks for it.
func confirmsAtOnce(r Request) bool {
	return slices.Contains(strings.Split(r.Form, "&"), "confirm=true")
}

// always is for an rpc that confirms and does nothing else.
func always(Request) bool { return true }
