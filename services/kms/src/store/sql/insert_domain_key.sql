INSERT INTO domain_keys (domain_key_id, wrapped, active, created_at)
VALUES ($1, $2, true, $3)
