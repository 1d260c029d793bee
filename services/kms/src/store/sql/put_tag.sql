INSERT INTO key_tags (region, account_id, key_id, tag_key, tag_value)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (region, account_id, key_id, tag_key) DO UPDATE SET tag_value = excluded.tag_value
