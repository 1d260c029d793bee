INSERT INTO access_keys (access_key_id, account_id, user_id, service_name, status, sealed_secret, created_at)
VALUES ($1, $2, $3, $4, 'Active', $5, $6)
ON CONFLICT (access_key_id) DO UPDATE SET sealed_secret = excluded.sealed_secret, status = 'Active'
WHERE access_keys.account_id IS NOT DISTINCT FROM excluded.account_id
  AND access_keys.user_id IS NOT DISTINCT FROM excluded.user_id
  AND access_keys.service_name IS NOT DISTINCT FROM excluded.service_name
