SELECT i.kind, i.account_id, i.identity_id, i.name, i.path, i.created_at, i.tags, i.boundary_arn,
    i.trust_policy, i.description, i.max_session_seconds, i.service_name, i.last_used_at, i.last_used_region
FROM group_members m
JOIN identities i ON i.identity_id = m.user_id
WHERE m.group_id = $1 AND lower(i.name) COLLATE "C" > $2
ORDER BY lower(i.name) COLLATE "C"
LIMIT $3
