UPDATE keys SET policy = $4
WHERE region = $1 AND account_id = $2 AND key_id = $3
