UPDATE oidc_providers
SET client_ids = $3, thumbprints = $4, tags = $5
WHERE account_id = $1 AND url = $2
