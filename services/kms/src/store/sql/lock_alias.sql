SELECT key_id FROM aliases
WHERE region = $1 AND account_id = $2 AND alias_name = $3
FOR UPDATE
