// Package sandbox is a stateful Stripe on loopback: newcomers, tests and the teams that call us run everything
// with no Stripe account.
//
// It imitates Stripe at API version 2023-10-16 as callers see it: shapes with every nullable property, messages,
// codes, statuses, headers, idempotency, the published test payment methods. Where Stripe and a wish of ours differ,
// Stripe is right. It speaks the subset that the service uses; any other URL is answered as Stripe answers an unknown one.
//
// The published test methods are there under all their names: templates (pm_card_visa), tokens (tok_visa) and numbers.
// Some ids are no ids of Stripe's: pm_card_visa_applePay, pm_card_visa_googlePay, tok_visa_applePay and
// tok_visa_googlePay are cards with a wallet, which at Stripe only a device makes.
//
// It must not know anything of the service: it imports no other package of this module and no Stripe library, so that
// a mistake of ours is not made twice. It opens no socket, and starts no goroutine but while somebody runs
// Deliver: it is an http.Handler, and an http.RoundTripper for tests and simulations.
//
// A request takes one way: read (call.go), authenticate (auth.go), break on purpose (fault.go), route (route.go),
// validate (shape.go), idempotency (idempotency.go), execute (payment_intent_create.go and its neighbours), expand
// (expand.go), answer (answer.go). What only tests need stands under /_sandbox/ (control.go).
//
// Objects live in tables (table.go) and are replaced, never changed in place. What an operation did is told by events
// (event.go), which GET /v1/events lists, and what it moved by the ledger (ledger.go). What Stripe does by itself
// happens when the clock has reached it (agenda.go): a hold expires after its days, a bank settles a debit after four days
// in the USA and five in the SEPA, a verification by microdeposits ends after ten, and refunds that are not made at once
// take three minutes where Stripe takes days.
//
// Events go to the registered endpoints as signed webhooks (webhook_address.go, outbox.go, webhook_retry.go): Deliver sends
// them as they come, DeliverDue when a test says so. They keep the order of the events, one at a time per endpoint, unless
// webhooks_at_once or a fault rule (webhook_fault.go) shows that Stripe promises no order and may send one twice. An
// endpoint with an API version of its own gets events that name it; their objects are rendered at ours all the same.
//
// Who pays with a card that disputes has disputed by the next request (dispute_make.go). There is no evidence to hand in:
// POST /_sandbox/disputes/{id}/close says who wins. No invoice.upcoming is sent, since a Dashboard says how many days ahead.
//
// A customer may live on a test clock (test_clock.go), and with the customer everything that is billed or paid there:
// each clock has an agenda of its own, which runs while that clock is advanced. Unlike at Stripe, a payment outside of
// any subscription is on its customer's clock as well: so a test sees a bank debit settle.
//
// A subscription is billed by itself: its periods (renewal.go), the tries to collect what nobody paid (dunning.go) and the
// phases of a schedule (schedule_phase.go) stand on the agenda, and its invoices move it (subscription_status.go). A try
// that failed is made again three, five and seven days after the one before; what then becomes of the subscription is a
// setting of the account, canceled unless POST /_sandbox/settings says {"dunning_end": "unpaid"} or "past_due".
package sandbox
