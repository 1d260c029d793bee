SELECT 1 FROM secret_versions
WHERE secret_id = $1 AND version_id = $2
