UPDATE secret_replicas SET replica_status = 'InProgress', replica_message = NULL
WHERE secret_id = $1 AND replica_status = 'InSync'
