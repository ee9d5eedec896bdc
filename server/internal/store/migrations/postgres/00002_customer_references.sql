-- +goose Up

-- A reference of a customer, which all callers share, and who makes the customer. The row stays for good: the operation
-- in it may be erased, the customer is there all the same.
CREATE TABLE customer_references (
    reference    text COLLATE "C" PRIMARY KEY,
    -- Counts the makers, from 1 on.
    generation   bigint NOT NULL,
    operation_id text COLLATE "C" NOT NULL,
    -- What the operation made, once it has.
    object_id    text NOT NULL DEFAULT ''
);

-- What an operation was begun for, and which maker it was.
ALTER TABLE operations ADD reference text COLLATE "C" NOT NULL DEFAULT '', ADD generation bigint NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE operations DROP reference, DROP generation;
DROP TABLE customer_references;
