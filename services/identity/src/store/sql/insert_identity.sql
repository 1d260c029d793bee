INSERT INTO identities (identity_id, account_id, kind, name, path, created_at)
VALUES ($1, $2, $3, $4, $5, $6)
