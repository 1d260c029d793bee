SELECT access_key_id, status, created_at
FROM access_keys
WHERE account_id = $1 AND user_id IS NOT DISTINCT FROM $2 AND access_key_id COLLATE "C" > $3
ORDER BY access_key_id COLLATE "C"
LIMIT $4
