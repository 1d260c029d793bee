SELECT secret_id FROM secrets
WHERE region = $1 AND deletion_date <= $2
ORDER BY deletion_date
LIMIT 1
FOR UPDATE SKIP LOCKED
