SELECT k.account_id, k.service_name, k.sealed_secret, u.user_id, u.user_name, u.path
FROM access_keys k
LEFT JOIN accounts a ON a.account_id = k.account_id
LEFT JOIN users u ON u.account_id = k.account_id AND u.user_id = k.user_id
WHERE k.access_key_id = $1
  AND k.status = 'Active'
  AND (k.service_name IS NOT NULL OR a.status = 'Active')
