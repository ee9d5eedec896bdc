-- Times are microseconds since 1970, UTC. What is sealed is a BLOB. Erasing sets all but id and state to nothing.
-- +goose Up
CREATE TABLE operations (
    id                 TEXT    NOT NULL PRIMARY KEY,
    caller             TEXT    NOT NULL,
    method             TEXT    NOT NULL,
    idempotency_key    TEXT    NOT NULL,
    state              INTEGER NOT NULL CHECK (state BETWEEN 1 AND 5),
    attempt            INTEGER NOT NULL,
    -- Whether somebody is at it until due_time, so that nobody may take it.
    held               INTEGER NOT NULL,
    -- Of the call that began it, for as long as nobody else has taken it.
    begin_token        BLOB,
    request_hash       BLOB,
    parameters         BLOB,
    outcome            BLOB,
    object_id          TEXT    NOT NULL DEFAULT '',
    reason             INTEGER NOT NULL DEFAULT 0,
    uncertainty        INTEGER NOT NULL DEFAULT 0,
    never_send         INTEGER NOT NULL DEFAULT 0,
    sends              INTEGER NOT NULL DEFAULT 0,
    look_ups           INTEGER NOT NULL DEFAULT 0,
    stripe_request_ids TEXT    NOT NULL DEFAULT '',
    resolver           TEXT    NOT NULL DEFAULT '',
    note               TEXT    NOT NULL DEFAULT '',
    begin_time         INTEGER,
    update_time        INTEGER,
    end_time           INTEGER,
    due_time           INTEGER,
    last_send_time     INTEGER,
    erased             INTEGER NOT NULL DEFAULT 0,
    CHECK (state NOT IN (1, 4) OR due_time IS NOT NULL)
) STRICT;

CREATE INDEX operations_due ON operations (due_time) WHERE state IN (1, 4);
CREATE INDEX operations_began ON operations (begin_time, id) WHERE erased = 0;
CREATE INDEX operations_of_caller ON operations (caller, begin_time, id) WHERE erased = 0;
CREATE INDEX operations_ended ON operations (end_time) WHERE end_time IS NOT NULL AND erased = 0;

CREATE TABLE events (
    id        INTEGER PRIMARY KEY,
    object_id TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    cause     TEXT    NOT NULL,
    time      INTEGER NOT NULL,
    resource  BLOB,
    UNIQUE (object_id, kind, cause)
) STRICT;

-- What ends something happens once, whoever tells of it: also another operation, whose answer was lost and which was
-- looked for when this one had done its work.
CREATE UNIQUE INDEX events_ending ON events (object_id, kind)
    WHERE kind IN ('payment_intent.succeeded', 'payment_intent.canceled', 'setup_intent.succeeded',
        'setup_intent.canceled', 'customer.deleted', 'payment_method.detached');

CREATE INDEX events_time ON events (time);

CREATE TABLE facts (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
