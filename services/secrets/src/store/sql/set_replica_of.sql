UPDATE secrets SET primary_region = $2, replication_id = $3
WHERE secret_id = $1
