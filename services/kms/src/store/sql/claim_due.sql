SELECT account_id, key_id, key_spec, key_usage, origin, key_manager, key_state, description, created_at, deletion_date
FROM keys
WHERE region = $1 AND deletion_date <= $2
ORDER BY deletion_date
LIMIT 1
FOR UPDATE SKIP LOCKED
