SELECT version_id, sealed_value, encrypted_data_key, kms_key_arn, managed_key, refusal FROM secret_copies
WHERE secret_id = $1 AND replica_region = $2
