INSERT INTO audit_outbox (event_id, partition_key, payload, trace_parent)
VALUES ($1, $2, $3, $4)
