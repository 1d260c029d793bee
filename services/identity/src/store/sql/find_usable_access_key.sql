SELECT k.account_id, k.service_name, k.sealed_secret, k.user_id, u.kind, u.identity_id, u.name, u.path
FROM access_keys k
LEFT JOIN accounts a ON a.account_id = k.account_id
LEFT JOIN identities u ON u.account_id = k.account_id AND u.identity_id = k.user_id
WHERE k.access_key_id = $1
  AND k.status = 'Active'
  AND (k.service_name IS NOT NULL OR a.status = 'Active')
