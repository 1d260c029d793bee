DELETE FROM secret_tags
WHERE secret_id = $1 AND tag_key = ANY($2)
