UPDATE secrets SET is_replicated = true
WHERE secret_id = $1
