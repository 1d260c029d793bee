DELETE FROM access_keys
WHERE service_name = $1 AND access_key_id IS DISTINCT FROM $2
