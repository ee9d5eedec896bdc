-- The key that Stripe sees of the step that an operation is at, by which an event is known to tell of it, and the objects
-- that events have told of, one in a line.
-- +goose Up
ALTER TABLE operations ADD COLUMN stripe_key TEXT NOT NULL DEFAULT '';
ALTER TABLE operations ADD COLUMN told TEXT NOT NULL DEFAULT '';
CREATE INDEX operations_stripe_key ON operations (stripe_key) WHERE state IN (1, 4) AND stripe_key <> '';

-- What Stripe sent. Its body stands apart, so that a change of state does not write it again.
CREATE TABLE deliveries (
    -- In the order of receipt.
    number       INTEGER PRIMARY KEY,
    id           TEXT    NOT NULL UNIQUE,
    state        INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),
    cause        INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    object_id    TEXT    NOT NULL,
    api_version  TEXT    NOT NULL,
    account      TEXT    NOT NULL,
    livemode     INTEGER NOT NULL,
    created      INTEGER NOT NULL,
    attempt      INTEGER NOT NULL DEFAULT 0,
    tries        INTEGER NOT NULL DEFAULT 0,
    -- Whether somebody is at it until due_time.
    held         INTEGER NOT NULL DEFAULT 0,
    -- Whether an event came of it, once it is done.
    published    INTEGER NOT NULL DEFAULT 0,
    receive_time INTEGER NOT NULL,
    update_time  INTEGER NOT NULL,
    due_time     INTEGER NOT NULL
) STRICT;

CREATE INDEX deliveries_due ON deliveries (due_time) WHERE state = 1;
CREATE INDEX deliveries_parked ON deliveries (state) WHERE state IN (3, 4);
CREATE INDEX deliveries_blocking ON deliveries (object_id) WHERE state = 3;

CREATE TABLE delivery_bodies (
    number INTEGER PRIMARY KEY,
    body   BLOB NOT NULL
) STRICT;

-- The last known state of each object at Stripe.
CREATE TABLE objects (
    id          TEXT    NOT NULL PRIMARY KEY,
    kind        TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    basis       INTEGER NOT NULL,
    created     INTEGER NOT NULL,
    cause       TEXT    NOT NULL,
    state       INTEGER NOT NULL,
    ended       INTEGER NOT NULL,
    resource    BLOB,
    public      BLOB,
    update_time INTEGER NOT NULL
) STRICT;

CREATE INDEX objects_open ON objects (kind, id) WHERE ended = 0;

-- The log. Nothing of the table before it was ever read by anybody.
DROP TABLE events;
CREATE TABLE events (
    -- Given by who inserts, from event_log. One that SQLite gave would leave gaps, or come twice once the log was emptied.
    position        INTEGER PRIMARY KEY,
    -- A change is one event, whoever tells of it first.
    event_id        TEXT    NOT NULL UNIQUE,
    object_id       TEXT    NOT NULL,
    object_kind     TEXT    NOT NULL,
    kind            TEXT    NOT NULL,
    cause           TEXT    NOT NULL,
    operation_id    TEXT    NOT NULL,
    stripe_event_id TEXT    NOT NULL,
    occurred        INTEGER NOT NULL,
    -- When it was published. It does not go back from one position to the next.
    time            INTEGER NOT NULL,
    resource        BLOB
) STRICT;

CREATE INDEX events_object ON events (object_id, position);

-- What begins or ends something happens once, whoever tells of it: also another operation, whose answer was lost and which
-- was looked for when this one had done its work.
CREATE UNIQUE INDEX events_once ON events (object_id, kind)
    WHERE kind IN ('payment_intent.created', 'payment_intent.succeeded', 'payment_intent.canceled', 'refund.created',
        'customer.created', 'customer.deleted', 'payment_method.detached', 'setup_intent.created',
        'setup_intent.succeeded', 'setup_intent.canceled', 'customer.subscription.created',
        'customer.subscription.deleted', 'invoice.created', 'invoice.finalized', 'invoice.paid', 'invoice.voided',
        'price.created', 'price.deleted', 'charge.dispute.created', 'charge.dispute.closed');

-- Where the log ends, and when that was moved. It is one row, and outlives the events.
CREATE TABLE event_log (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    head     INTEGER NOT NULL,
    time     INTEGER NOT NULL
) STRICT;

INSERT INTO event_log (only_row, head, time) VALUES (1, 0, 0);

-- Places in the log that are kept for callers.
CREATE TABLE consumers (
    caller      TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    epoch       TEXT    NOT NULL,
    cursor      INTEGER NOT NULL,
    acked       BLOB,
    filter      BLOB,
    stream      TEXT    NOT NULL,
    stream_time INTEGER,
    create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (caller, name)
) STRICT, WITHOUT ROWID;
