INSERT INTO secret_tellings_received (region, account_id, name, suffix, peer_region, number, made)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (region, account_id, name, suffix, peer_region) DO UPDATE
SET number = excluded.number, made = coalesce(excluded.made, secret_tellings_received.made)
