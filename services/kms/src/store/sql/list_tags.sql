SELECT tag_key, tag_value FROM key_tags
WHERE region = $1 AND account_id = $2 AND key_id = $3 AND tag_key > $4
ORDER BY tag_key
LIMIT $5
