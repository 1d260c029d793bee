INSERT INTO secret_versions (secret_id, version_id, created_at)
VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
