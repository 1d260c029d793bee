UPDATE secrets SET last_changed_at = $2
WHERE secret_id = $1
