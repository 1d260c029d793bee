SELECT alias_name, key_id, created_at, last_updated_at FROM aliases
WHERE region = $1 AND account_id = $2 AND key_id = $3 AND alias_name > $4
ORDER BY alias_name
LIMIT $5
