-- +goose Up

-- What stands and what is added, each once, up to a number of them.
CREATE FUNCTION tillgate_told(standing text, added text[], kept integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(string_agg(object_id, E'\n' ORDER BY first), '')
    FROM (
        SELECT object_id, min(n) AS first FROM unnest(string_to_array(standing, E'\n') || added)
            WITH ORDINALITY AS each (object_id, n)
        WHERE object_id <> '' GROUP BY object_id ORDER BY first LIMIT kept
    ) AS distinct_ones
$$;

-- The key that Stripe sees of the step that an operation is at, by which an event is known to tell of it, and the objects
-- that events have told of.
ALTER TABLE operations ADD stripe_key text COLLATE "C" NOT NULL DEFAULT '', ADD told text NOT NULL DEFAULT '';
CREATE INDEX operations_stripe_key ON operations (stripe_key) WHERE state IN (1, 4) AND stripe_key <> '';

-- What Stripe sent, as it is, sealed. A body of more than 2 KB stands beside the table, so that a change of state does not
-- write it again.
CREATE TABLE deliveries (
    id           text COLLATE "C" PRIMARY KEY,
    -- In the order of receipt.
    number       bigint GENERATED ALWAYS AS IDENTITY,
    state        smallint NOT NULL,
    cause        integer NOT NULL,
    kind         text NOT NULL,
    object_id    text COLLATE "C" NOT NULL,
    api_version  text NOT NULL,
    account      text NOT NULL,
    livemode     boolean NOT NULL,
    created      bigint NOT NULL,
    body         bytea,
    attempt      bigint NOT NULL DEFAULT 0,
    tries        integer NOT NULL DEFAULT 0,
    -- Whether somebody is at it until due_time.
    held         boolean NOT NULL DEFAULT false,
    -- Whether an event came of it, once it is done.
    published    boolean NOT NULL DEFAULT false,
    receive_time timestamptz NOT NULL,
    update_time  timestamptz NOT NULL,
    due_time     timestamptz NOT NULL
) WITH (fillfactor = 90);

ALTER TABLE deliveries ALTER body SET STORAGE EXTERNAL;

CREATE INDEX deliveries_due ON deliveries (due_time) WHERE state = 1;
CREATE INDEX deliveries_parked ON deliveries (state, number) WHERE state IN (3, 4);
CREATE INDEX deliveries_blocking ON deliveries (object_id) WHERE state = 3;
CREATE INDEX deliveries_final ON deliveries (update_time) WHERE state IN (2, 4);

-- The last known state of each object at Stripe.
CREATE TABLE objects (
    id          text COLLATE "C" PRIMARY KEY,
    kind        text COLLATE "C" NOT NULL,
    version     bigint NOT NULL,
    basis       smallint NOT NULL,
    created     bigint NOT NULL,
    cause       text NOT NULL,
    state       integer NOT NULL,
    ended       boolean NOT NULL,
    resource    bytea,
    public      bytea,
    update_time timestamptz NOT NULL
) WITH (fillfactor = 80);

ALTER TABLE objects ALTER resource SET STORAGE EXTERNAL, ALTER public SET STORAGE EXTERNAL;

CREATE INDEX objects_open ON objects (kind, id) WHERE NOT ended;

-- The log. Nothing of the table before it was ever read by anybody.
DROP TABLE events;
CREATE TABLE events (
    -- A change is one event, whoever tells of it first.
    event_id        text COLLATE "C" PRIMARY KEY,
    -- In the order of insertion.
    id              bigint GENERATED ALWAYS AS IDENTITY,
    -- The transaction that wrote it. It had locked the object before it had a number, and had it locked until the commit: of
    -- one object, the order of these, and of id within one, is that of the commits.
    xid             bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    -- In the order in which events were found to be committed. Null until then.
    position        bigint,
    object_id       text COLLATE "C" NOT NULL,
    object_kind     text COLLATE "C" NOT NULL,
    kind            text COLLATE "C" NOT NULL,
    cause           text COLLATE "C" NOT NULL,
    operation_id    text COLLATE "C" NOT NULL,
    stripe_event_id text COLLATE "C" NOT NULL,
    occurred        timestamptz NOT NULL,
    -- When it got its position, and before that when it was inserted. It does not go back from one position to the next.
    time            timestamptz NOT NULL,
    resource        bytea
);

ALTER TABLE events ALTER resource SET STORAGE EXTERNAL;

CREATE UNIQUE INDEX events_position ON events (position) WHERE position IS NOT NULL;
CREATE INDEX events_unnumbered ON events (xid, id) WHERE position IS NULL;
CREATE INDEX events_object ON events (object_id, position) WHERE position IS NOT NULL;

-- What begins or ends something happens once, whoever tells of it: also another operation, whose answer was lost and which
-- was looked for when this one had done its work.
CREATE UNIQUE INDEX events_once ON events (object_id, kind)
    WHERE kind IN ('payment_intent.created', 'payment_intent.succeeded', 'payment_intent.canceled', 'refund.created',
        'customer.created', 'customer.deleted', 'payment_method.detached', 'setup_intent.created',
        'setup_intent.succeeded', 'setup_intent.canceled', 'customer.subscription.created',
        'customer.subscription.deleted', 'invoice.created', 'invoice.finalized', 'invoice.paid', 'invoice.voided',
        'price.created', 'price.deleted', 'charge.dispute.created', 'charge.dispute.closed');

-- Where the log ends. It is one row, and outlives the events.
CREATE TABLE event_log (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    head        bigint NOT NULL DEFAULT 0,
    -- The fence of the one who numbers events.
    term        bigint NOT NULL DEFAULT 0,
    -- When the head was last moved.
    time        timestamptz NOT NULL DEFAULT '-infinity',
    -- Another one says that this is not the log that it was.
    epoch       text NOT NULL DEFAULT '',
    -- Of the database in which the epoch began.
    fingerprint text NOT NULL DEFAULT ''
) WITH (fillfactor = 10);

INSERT INTO event_log DEFAULT VALUES;

-- Places in the log that are kept for callers.
CREATE TABLE consumers (
    caller      text COLLATE "C" NOT NULL,
    name        text COLLATE "C" NOT NULL,
    version     bigint NOT NULL,
    epoch       text NOT NULL,
    cursor      bigint NOT NULL,
    acked       bytea,
    filter      bytea,
    stream      text NOT NULL,
    stream_time timestamptz,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    PRIMARY KEY (caller, name)
) WITH (fillfactor = 50);

-- +goose Down
DROP TABLE consumers, event_log, events, objects, deliveries;
CREATE TABLE events (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    object_id text COLLATE "C" NOT NULL,
    kind      text COLLATE "C" NOT NULL,
    cause     text COLLATE "C" NOT NULL,
    time      timestamptz NOT NULL,
    resource  bytea,
    UNIQUE (object_id, kind, cause)
);
ALTER TABLE events ALTER resource SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX events_ending ON events (object_id, kind)
    WHERE kind IN ('payment_intent.succeeded', 'payment_intent.canceled', 'setup_intent.succeeded',
        'setup_intent.canceled', 'customer.deleted', 'payment_method.detached', 'customer.subscription.deleted',
        'invoice.paid', 'invoice.voided');
CREATE INDEX events_time ON events (time);
DROP INDEX operations_stripe_key;
ALTER TABLE operations DROP stripe_key, DROP told;
DROP FUNCTION tillgate_told;
