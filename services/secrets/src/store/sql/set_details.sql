UPDATE secrets SET description = $2, kms_key_id = $3, last_changed_at = $4
WHERE secret_id = $1
