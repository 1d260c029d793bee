SELECT version_id, sealed_value, encrypted_data_key, kms_key_arn, managed_key, created_at, last_accessed_on
FROM secret_versions
WHERE secret_id = $1 AND version_id = $2 AND sealed_value IS NOT NULL
