INSERT INTO secret_versions (secret_id, version_id, sealed_value, encrypted_data_key, kms_key_arn, managed_key, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING
