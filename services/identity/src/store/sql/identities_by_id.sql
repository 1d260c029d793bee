SELECT kind, account_id, identity_id, name, path, created_at, tags, boundary_arn,
    trust_policy, description, max_session_seconds, service_name, last_used_at, last_used_region
FROM identities
WHERE account_id = $1 AND kind = $2 AND identity_id COLLATE "C" > $3
ORDER BY identity_id COLLATE "C"
LIMIT $4
