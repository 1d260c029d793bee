-- Only for a Region that the secret is still replicated to, and a version that is still there. What is sealed, or was
-- delivered, stays.
INSERT INTO secret_copies (secret_id, replica_region, version_id, sealed_value, encrypted_data_key, kms_key_arn, managed_key,
                           refusal)
SELECT $1, $2, $3, $4, $5, $6, $7, $8
WHERE EXISTS (SELECT FROM secret_replicas WHERE secret_id = $1 AND replica_region = $2)
  AND EXISTS (SELECT FROM secret_versions WHERE secret_id = $1 AND version_id = $3)
ON CONFLICT (secret_id, replica_region, version_id) DO UPDATE SET
    sealed_value = excluded.sealed_value,
    encrypted_data_key = excluded.encrypted_data_key,
    kms_key_arn = excluded.kms_key_arn,
    managed_key = excluded.managed_key,
    refusal = excluded.refusal
WHERE secret_copies.refusal IS NOT NULL
