SELECT replica_region, replica_id, replica_key_id, replica_overwrites, replica_made, replica_status, replica_message,
       replica_accessed_on
FROM secret_replicas
WHERE secret_id = $1
ORDER BY replica_region
