INSERT INTO parameter_versions (
    parameter_id, version, type, tier, data_type, value, ciphertext, key_id, description, allowed_pattern, modified_at,
    modified_by
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
