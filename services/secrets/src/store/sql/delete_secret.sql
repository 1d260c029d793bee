DELETE FROM secrets
WHERE secret_id = $1
