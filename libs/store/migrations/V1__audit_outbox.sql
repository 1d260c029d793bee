-- Audit records of committed changes that are not yet known to be in the journal.
CREATE TABLE audit_outbox (
    event_id      uuid PRIMARY KEY,
    partition_key text NOT NULL,
    payload       bytea NOT NULL,
    trace_parent  text,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp()
)
-- A row lives for milliseconds: vacuum by count, or the table grows with the traffic rather than with its content.
WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- The sweep reads the oldest first.
CREATE INDEX audit_outbox_by_age ON audit_outbox (created_at, event_id);
