SELECT key_id, key_spec, key_usage, origin, key_manager, key_state, description, created_at, deletion_date
FROM keys
WHERE region = $1 AND account_id = $2 AND key_id = $3
FOR UPDATE
