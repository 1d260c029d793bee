INSERT INTO aliases (region, account_id, alias_name, key_id, created_at, last_updated_at)
VALUES ($1, $2, $3, $4, $5, $5)
ON CONFLICT DO NOTHING
