SELECT i.kind, i.account_id, i.identity_id, i.name, i.path, i.created_at, i.tags, i.boundary_arn,
    i.trust_policy, i.description, i.max_session_seconds, i.service_name, i.last_used_at, i.last_used_region
FROM identities i
JOIN accounts a ON a.account_id = i.account_id
WHERE i.account_id = $1 AND i.kind = 'role' AND lower(i.name) COLLATE "C" = lower($2) AND a.status = 'Active'
