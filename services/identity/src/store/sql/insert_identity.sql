INSERT INTO identities (identity_id, account_id, kind, name, path, created_at, tags, boundary_arn,
    trust_policy, description, max_session_seconds, service_name)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
