-- What is still to be told, one row for each notification and target, written in the transaction that stores the event.
-- A row goes once its target has taken it.
CREATE TABLE notifications (
    -- The order in which a target is told of one resource.
    sequence        bigint      GENERATED ALWAYS AS IDENTITY,
    -- `kafka`, or `webhook:` and a webhook's name.
    target          text        NOT NULL COLLATE "C",
    -- The id of the envelope, by which a receiver knows what it has been told already.
    id              uuid        NOT NULL,
    -- The ARN of the resource, or else the account.
    resource        text        NOT NULL COLLATE "C",
    body            bytea       NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts        integer     NOT NULL DEFAULT 0,
    -- While somebody tries, when another one may; else when it is tried again.
    next_attempt_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_error      text,
    -- Since when nobody tries any more.
    given_up_at     timestamptz,
    PRIMARY KEY (target, sequence)
);
CREATE INDEX notifications_in_order ON notifications (target, resource, sequence) WHERE given_up_at IS NULL;
CREATE INDEX notifications_given_up ON notifications (given_up_at) WHERE given_up_at IS NOT NULL;
