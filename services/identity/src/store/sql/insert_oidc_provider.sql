INSERT INTO oidc_providers (account_id, url, client_ids, thumbprints, tags, created_at)
VALUES ($1, $2, $3, $4, $5, $6)
