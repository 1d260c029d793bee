SELECT secret_id FROM secrets
WHERE region = $1 AND account_id = $2 AND name = $3
FOR UPDATE
