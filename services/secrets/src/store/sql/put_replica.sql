INSERT INTO secret_replicas (
    secret_id, replica_region, replica_id, replica_key_id, replica_overwrites, replica_made, replica_status, replica_message,
    replica_accessed_on
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (secret_id, replica_region) DO UPDATE SET
    replica_id = excluded.replica_id,
    replica_key_id = excluded.replica_key_id,
    replica_overwrites = excluded.replica_overwrites,
    replica_made = excluded.replica_made,
    replica_status = excluded.replica_status,
    replica_message = excluded.replica_message,
    replica_accessed_on = excluded.replica_accessed_on
