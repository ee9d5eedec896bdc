-- +goose Up

-- How many steps of an operation are done, of those that it takes one after the other.
ALTER TABLE operations ADD steps_done integer NOT NULL DEFAULT 0;

-- A subscription ends once, and an invoice is paid or voided once.
DROP INDEX events_ending;
CREATE UNIQUE INDEX events_ending ON events (object_id, kind)
    WHERE kind IN ('payment_intent.succeeded', 'payment_intent.canceled', 'setup_intent.succeeded',
        'setup_intent.canceled', 'customer.deleted', 'payment_method.detached', 'customer.subscription.deleted',
        'invoice.paid', 'invoice.voided');

-- +goose Down
DROP INDEX events_ending;
CREATE UNIQUE INDEX events_ending ON events (object_id, kind)
    WHERE kind IN ('payment_intent.succeeded', 'payment_intent.canceled', 'setup_intent.succeeded',
        'setup_intent.canceled', 'customer.deleted', 'payment_method.detached');
ALTER TABLE operations DROP steps_done;
