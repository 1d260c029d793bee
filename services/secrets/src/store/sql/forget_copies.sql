DELETE FROM secret_copies
WHERE secret_id = $1 AND replica_region = $2 AND version_id = ANY($3)
