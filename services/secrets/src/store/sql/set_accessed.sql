UPDATE secrets SET last_accessed_on = $2
WHERE secret_id = $1 AND (last_accessed_on IS NULL OR last_accessed_on < $2)
