-- How many steps of an operation are done, of those that it takes one after the other.
-- +goose Up
ALTER TABLE operations ADD COLUMN steps_done INTEGER NOT NULL DEFAULT 0;

-- A subscription ends once, and an invoice is paid or voided once.
DROP INDEX events_ending;
CREATE UNIQUE INDEX events_ending ON events (object_id, kind)
    WHERE kind IN ('payment_intent.succeeded', 'payment_intent.canceled', 'setup_intent.succeeded',
        'setup_intent.canceled', 'customer.deleted', 'payment_method.detached', 'customer.subscription.deleted',
        'invoice.paid', 'invoice.voided');
