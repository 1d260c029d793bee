UPDATE access_keys
SET status = $3
WHERE account_id = $1 AND access_key_id = $2
