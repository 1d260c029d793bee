INSERT INTO secrets (secret_id, region, account_id, name, suffix, description, kms_key_id, owning_service, created_at,
                     last_changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
ON CONFLICT ON CONSTRAINT secrets_name DO NOTHING
