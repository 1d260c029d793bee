SELECT p.account_id, p.url, p.client_ids, p.thumbprints, p.tags, p.created_at
FROM oidc_providers p
JOIN accounts a ON a.account_id = p.account_id
WHERE p.account_id = $1 AND p.url = $2 AND a.status = 'Active'
