package stripegw

// Stripe's names of the objects that we have messages for.
const (
	kindPayment       = "payment_intent"
	kindRefund        = "refund"
	kindCustomer      = "customer"
	kindPaymentMethod = "payment_method"
	kindSetupIntent   = "setup_intent"
	kindSubscription  = "subscription"
	kindInvoice       = "invoice"
	kindPrice         = "price"
	kindDispute       = "dispute"
)

// eventUse is what is done with a type of event.
type eventUse int8

const (
	// published: it is told to consumers, as one change of its object.
	published eventUse = iota
	// refunded: it is told as a change of every refund of a charge.
	refunded
	// refreshed: nothing is told.
	refreshed
	// ignored: it tells of nothing that another event does not tell of.
	ignored
)

// eventRow is what we know of one type of event.
type eventRow struct {
	// object is the type of the object that the change is of.
	object string
	does   eventUse
	// kind is what is published in place of the type; empty for the type itself.
	kind string
	// begins is whether it is the first that there can be of the object.
	begins bool
	// fetch is whether the snapshot lacks what matters.
	fetch bool
	// refreshes is whether the payment behind the object has changed with it.
	refreshes bool
	// unasked is whether our endpoint does not ask for it: an endpoint of version 2023-10-16 may not know the type, or
	// Stripe does not send it. It is understood where it comes all the same.
	unasked bool
}

// eventRows is the table of all types that we know. The types are those of Stripe's description of the parameter
// enabled_events at 2023-10-16; what each means stands at https://docs.stripe.com/api/events/types. Which operation sends
// which was gathered from the pages named below and from https://docs.stripe.com/webhooks. A type that is not here is
// published as opaque.
var eventRows = map[string]eventRow{
	// Payments: https://docs.stripe.com/payments/payment-intents/verifying-status#webhooks. A snapshot has the id alone
	// of its charge, as Event says.
	"payment_intent.created":                   {object: kindPayment, begins: true},
	"payment_intent.requires_action":           {object: kindPayment},
	"payment_intent.processing":                {object: kindPayment},
	"payment_intent.amount_capturable_updated": {object: kindPayment},
	"payment_intent.partially_funded":          {object: kindPayment},
	"payment_intent.payment_failed":            {object: kindPayment},
	"payment_intent.succeeded":                 {object: kindPayment},
	"payment_intent.canceled":                  {object: kindPayment},
	// Our own word for an update. Stripe has no such type.
	"payment_intent.updated": {object: kindPayment, unasked: true},

	// Charges: the event of their payment tells of them. Refunds and captures are told by a charge's event alone at our
	// version, or change what stands in the payment.
	"charge.succeeded": {does: ignored},
	"charge.failed":    {does: ignored},
	"charge.pending":   {does: ignored},
	"charge.captured":  {does: refreshed, refreshes: true},
	"charge.updated":   {does: refreshed, refreshes: true},
	"charge.expired":   {does: refreshed, refreshes: true},

	// Refunds: https://docs.stripe.com/refunds#see-also. Since 2022-11-15 a charge does not hold its refunds. Whether
	// an endpoint of our version gets refund.created beside charge.refunded is not documented: each serves, and the two
	// are one change, since a refund begins once. One that fails is taken off what was refunded of its payment.
	"charge.refunded":       {does: refunded, object: kindRefund, kind: "refund.created", begins: true, refreshes: true},
	"charge.refund.updated": {object: kindRefund, kind: "refund.updated", refreshes: true},
	"refund.created":        {object: kindRefund, begins: true},
	"refund.updated":        {object: kindRefund},
	// Newer than our version; an endpoint that was made by hand may get it.
	"refund.failed": {object: kindRefund, refreshes: true, unasked: true},

	// Customers: https://docs.stripe.com/api/events/types#event_types-customer.created.
	"customer.created": {object: kindCustomer, begins: true},
	"customer.updated": {object: kindCustomer},
	"customer.deleted": {object: kindCustomer},

	// Payment methods: https://docs.stripe.com/api/events/types#event_types-payment_method.attached. That one is made
	// is not told, so that the first event of it is this one: nothing can be attached twice.
	"payment_method.attached":              {object: kindPaymentMethod, begins: true},
	"payment_method.updated":               {object: kindPaymentMethod},
	"payment_method.automatically_updated": {object: kindPaymentMethod},
	"payment_method.detached":              {object: kindPaymentMethod},

	// Setup intents: https://docs.stripe.com/api/events/types#event_types-setup_intent.created.
	"setup_intent.created":         {object: kindSetupIntent, begins: true},
	"setup_intent.requires_action": {object: kindSetupIntent},
	"setup_intent.setup_failed":    {object: kindSetupIntent},
	"setup_intent.succeeded":       {object: kindSetupIntent},
	"setup_intent.canceled":        {object: kindSetupIntent},

	// Subscriptions: https://docs.stripe.com/billing/subscriptions/webhooks. Whether the customer has access hangs on
	// the latest invoice and its payment, and what is charged on the customer: a snapshot has the ids of these alone.
	// Of one that has ended, access is known without.
	"customer.subscription.created":                {object: kindSubscription, begins: true, fetch: true},
	"customer.subscription.updated":                {object: kindSubscription, fetch: true},
	"customer.subscription.paused":                 {object: kindSubscription, fetch: true},
	"customer.subscription.resumed":                {object: kindSubscription, fetch: true},
	"customer.subscription.trial_will_end":         {object: kindSubscription, fetch: true},
	"customer.subscription.pending_update_applied": {object: kindSubscription, fetch: true},
	"customer.subscription.pending_update_expired": {object: kindSubscription, fetch: true},
	"customer.subscription.deleted":                {object: kindSubscription},

	// Invoices: the same page. A snapshot has the id alone of its payment; two of them are about nothing else.
	"invoice.created":                 {object: kindInvoice, begins: true},
	"invoice.updated":                 {object: kindInvoice},
	"invoice.finalized":               {object: kindInvoice},
	"invoice.finalization_failed":     {object: kindInvoice},
	"invoice.sent":                    {object: kindInvoice},
	"invoice.payment_failed":          {object: kindInvoice, fetch: true},
	"invoice.payment_action_required": {object: kindInvoice, fetch: true},
	"invoice.paid":                    {object: kindInvoice},
	"invoice.voided":                  {object: kindInvoice},
	"invoice.marked_uncollectible":    {object: kindInvoice},
	// It is missing where an invoice is paid out of band; invoice.paid is always there.
	"invoice.payment_succeeded": {does: ignored},

	// Prices: https://docs.stripe.com/api/events/types#event_types-price.created. What was called a plan before is told
	// of under both names. A snapshot has the id alone of its product, as Event says.
	"price.created": {object: kindPrice, begins: true},
	"price.updated": {object: kindPrice},
	"price.deleted": {object: kindPrice},
	"plan.created":  {does: ignored},
	"plan.updated":  {does: ignored},
	"plan.deleted":  {does: ignored},

	// Disputes: https://docs.stripe.com/disputes/responding. A charge says whether it is disputed.
	"charge.dispute.created":          {object: kindDispute, begins: true, refreshes: true},
	"charge.dispute.updated":          {object: kindDispute},
	"charge.dispute.funds_withdrawn":  {object: kindDispute},
	"charge.dispute.funds_reinstated": {object: kindDispute},
	"charge.dispute.closed":           {object: kindDispute},
}
