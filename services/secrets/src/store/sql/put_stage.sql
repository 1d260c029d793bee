INSERT INTO secret_version_stages (secret_id, version_stage, version_id)
VALUES ($1, $2, $3)
ON CONFLICT (secret_id, version_stage) DO UPDATE SET version_id = excluded.version_id
