DELETE FROM secret_versions v
WHERE v.secret_id = $1
  AND v.created_at < $2
  AND NOT EXISTS (
      SELECT 1 FROM secret_version_stages l WHERE l.secret_id = v.secret_id AND l.version_id = v.version_id
  )
  AND v.version_id NOT IN (
      SELECT version_id FROM secret_versions
      WHERE secret_id = $1
      ORDER BY created_at DESC, version_id DESC
      LIMIT $3
  )
