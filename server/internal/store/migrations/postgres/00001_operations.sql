-- +goose Up

-- All times come from here, so that no two processes need to agree on the time. A test may put another clock in its
-- place.
CREATE FUNCTION tillgate_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT clock_timestamp()';

-- Lines of which the newest are kept.
CREATE FUNCTION tillgate_kept(standing text, added text, kept integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT array_to_string(lines[cardinality(lines) - kept + 1:], E'\n')
    FROM string_to_array(concat_ws(E'\n', nullif(standing, ''), nullif(added, '')), E'\n') AS lines
$$;

-- Every write. What is sealed does not get shorter by compression, and parameters and answers of the usual size stand
-- in the row: to put them aside would cost two more writes each.
CREATE TABLE operations (
    id                 text COLLATE "C" PRIMARY KEY,
    caller             text NOT NULL,
    method             text NOT NULL,
    idempotency_key    text NOT NULL,
    state              smallint NOT NULL,
    attempt            bigint NOT NULL,
    -- Of the call that began it, for as long as nobody else has taken it.
    begin_token        bytea,
    request_hash       bytea,
    parameters         bytea,
    outcome            bytea,
    object_id          text NOT NULL DEFAULT '',
    reason             integer NOT NULL DEFAULT 0,
    uncertainty        integer NOT NULL DEFAULT 0,
    never_send         boolean NOT NULL DEFAULT false,
    sends              integer NOT NULL DEFAULT 0,
    look_ups           integer NOT NULL DEFAULT 0,
    stripe_request_ids text NOT NULL DEFAULT '',
    resolver           text NOT NULL DEFAULT '',
    note               text NOT NULL DEFAULT '',
    begin_time         timestamptz,
    update_time        timestamptz,
    last_send_time     timestamptz,
    end_time           timestamptz,
    due_time           timestamptz,
    -- Whether somebody is at it until due_time, so that nobody may take it.
    held               boolean NOT NULL DEFAULT false,
    erased             boolean NOT NULL DEFAULT false
) WITH (fillfactor = 80, toast_tuple_target = 8160);

ALTER TABLE operations ALTER request_hash SET STORAGE EXTERNAL, ALTER parameters SET STORAGE EXTERNAL,
    ALTER outcome SET STORAGE EXTERNAL;

CREATE INDEX operations_due ON operations (due_time) WHERE state IN (1, 4);
CREATE INDEX operations_begun ON operations (begin_time, id) WHERE NOT erased;
CREATE INDEX operations_caller ON operations (caller, begin_time, id) WHERE NOT erased;
CREATE INDEX operations_ended ON operations (end_time) WHERE state IN (2, 3, 5) AND NOT erased;

-- What is to be told. A change is one event, whoever tells of it first.
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

-- What ends something happens once, whoever tells of it: also another operation, whose answer was lost and which was
-- looked for when this one had done its work.
CREATE UNIQUE INDEX events_ending ON events (object_id, kind)
    WHERE kind IN ('payment_intent.succeeded', 'payment_intent.canceled', 'setup_intent.succeeded',
        'setup_intent.canceled', 'customer.deleted', 'payment_method.detached');

CREATE INDEX events_time ON events (time);

-- What is so of this database as a whole.
CREATE TABLE facts (
    name  text PRIMARY KEY,
    value text NOT NULL
);

-- +goose Down
DROP TABLE facts, events, operations;
DROP FUNCTION tillgate_kept, tillgate_now;
