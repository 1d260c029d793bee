INSERT INTO parameters (region, account_id, path, parent, name, version, tier)
VALUES ($1, $2, $3, $4, $5, 1, $6)
ON CONFLICT (region, account_id, path) DO NOTHING
RETURNING parameter_id
