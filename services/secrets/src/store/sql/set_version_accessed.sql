UPDATE secret_versions SET last_accessed_on = $3
WHERE secret_id = $1 AND version_id = $2 AND (last_accessed_on IS NULL OR last_accessed_on < $3)
