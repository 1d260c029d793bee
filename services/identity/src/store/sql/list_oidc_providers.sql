SELECT account_id, url, client_ids, thumbprints, tags, created_at
FROM oidc_providers
WHERE account_id = $1
ORDER BY url COLLATE "C"
