UPDATE aliases SET key_id = $4, last_updated_at = $5
WHERE region = $1 AND account_id = $2 AND alias_name = $3
