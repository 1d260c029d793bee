INSERT INTO sealing_keys (key_number, root_key_id, wrapped_key, created_at)
VALUES ($1, $2, $3, $4)
