SELECT 1 FROM secrets
WHERE secret_id = $1
FOR UPDATE
