DELETE FROM secret_version_stages
WHERE secret_id = $1 AND version_stage = $2
