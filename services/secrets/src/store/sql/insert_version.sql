INSERT INTO secret_versions (secret_id, version_id, sealed_value, encrypted_data_key, kms_key_arn, managed_key, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (secret_id, version_id) DO UPDATE SET
    sealed_value = excluded.sealed_value,
    encrypted_data_key = excluded.encrypted_data_key,
    kms_key_arn = excluded.kms_key_arn,
    managed_key = excluded.managed_key,
    created_at = excluded.created_at
WHERE secret_versions.sealed_value IS NULL
