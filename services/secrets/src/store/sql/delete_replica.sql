DELETE FROM secret_replicas
WHERE secret_id = $1 AND replica_region = $2
