SELECT v.version_id, v.kms_key_arn, v.managed_key, v.created_at, v.last_accessed_on, l.stages
FROM secret_versions v
CROSS JOIN LATERAL (
    SELECT array_agg(version_stage ORDER BY version_stage) AS stages
    FROM secret_version_stages
    WHERE secret_id = v.secret_id AND version_id = v.version_id
) l
WHERE v.secret_id = $1 AND (v.created_at, v.version_id) < ($2, $3) AND ($4 OR l.stages IS NOT NULL)
ORDER BY v.created_at DESC, v.version_id DESC
LIMIT $5
