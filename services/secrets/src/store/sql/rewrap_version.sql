UPDATE secret_versions SET encrypted_data_key = $4, kms_key_arn = $5, managed_key = $6
WHERE secret_id = $1 AND version_id = $2 AND encrypted_data_key = $3
