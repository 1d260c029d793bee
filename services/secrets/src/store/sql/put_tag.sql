INSERT INTO secret_tags (secret_id, tag_key, tag_value)
VALUES ($1, $2, $3)
ON CONFLICT (secret_id, tag_key) DO UPDATE SET tag_value = excluded.tag_value
