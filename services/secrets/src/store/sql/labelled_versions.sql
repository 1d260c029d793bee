SELECT version_id, created_at FROM secret_versions v
WHERE secret_id = $1 AND sealed_value IS NOT NULL AND EXISTS (
    SELECT FROM secret_version_stages l WHERE l.secret_id = v.secret_id AND l.version_id = v.version_id
)
ORDER BY version_id
