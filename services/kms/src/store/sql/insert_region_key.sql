INSERT INTO region_keys (region, public_key, domain_key_id, wrapped, created_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
