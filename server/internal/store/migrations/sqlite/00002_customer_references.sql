-- A reference of a customer, which all callers share, and who makes the customer. The row stays for good: the operation
-- in it may be erased, the customer is there all the same.
-- +goose Up
CREATE TABLE customer_references (
    reference    TEXT    NOT NULL PRIMARY KEY,
    -- Counts the makers, from 1 on.
    generation   INTEGER NOT NULL,
    operation_id TEXT    NOT NULL,
    -- What the operation made, once it has.
    object_id    TEXT    NOT NULL DEFAULT ''
) STRICT;

-- What an operation was begun for, and which maker it was.
ALTER TABLE operations ADD COLUMN reference TEXT NOT NULL DEFAULT '';
ALTER TABLE operations ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
