SELECT account_id
FROM access_keys
WHERE access_key_id = $1 AND account_id IS NOT NULL
