UPDATE secret_copies SET sealed_value = NULL, encrypted_data_key = NULL, kms_key_arn = NULL, managed_key = NULL
WHERE secret_id = $1 AND replica_region = $2 AND version_id = $3 AND encrypted_data_key = $4
