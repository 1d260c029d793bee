SELECT k.account_id, k.service_name, k.user_id, u.kind, u.identity_id, u.name, u.path,
    k.last_used_at, k.last_used_region, k.last_used_service
FROM access_keys k
LEFT JOIN identities u ON u.account_id = k.account_id AND u.identity_id = k.user_id
WHERE k.account_id = $1 AND k.access_key_id = $2
