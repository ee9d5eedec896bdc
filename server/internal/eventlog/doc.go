// Package eventlog makes one durable log of what Stripe sends and of what we do, and tells it on. The Projector takes
// what was received, whether by webhook or by the Repair, decides what of it is newer than what is known, fetches the
// object where that can not be told, and has the store publish it: one change, one event. Streams and consumers read
// the log.
//
// It trusts no order: Stripe promises none, and its times are whole seconds. An object never goes back to an older
// state, and never leaves its last one. It never compares Stripe's times with ours.
//
//	webhook, Repair -> store (deliveries) -> Projector -> store (log, objects) -> streams
//
// It stands beside operation, which writes into the same log through the store; the two do not know each other.
package eventlog
