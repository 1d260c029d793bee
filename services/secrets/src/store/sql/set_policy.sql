UPDATE secrets SET resource_policy = $2, last_changed_at = $3
WHERE secret_id = $1
