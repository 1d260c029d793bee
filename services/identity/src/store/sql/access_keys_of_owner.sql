SELECT access_key_id
FROM access_keys
WHERE account_id IS NOT DISTINCT FROM $1
  AND user_id IS NOT DISTINCT FROM $2
  AND service_name IS NOT DISTINCT FROM $3
ORDER BY created_at, access_key_id
