INSERT INTO replications_received (region, account_id, key_id, peer_region, version, made)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (region, account_id, key_id, peer_region) DO UPDATE
SET version = excluded.version, made = coalesce(excluded.made, replications_received.made)
