INSERT INTO replications (region, account_id, key_id, peer_region, generation, due_at, new_replica)
VALUES ($1, $2, $3, $4, nextval('replication_versions'), $5, $6)
ON CONFLICT (region, account_id, key_id, peer_region) DO UPDATE
SET generation = excluded.generation, due_at = excluded.due_at, attempts = 0,
    new_replica = coalesce(excluded.new_replica, replications.new_replica)
