DELETE FROM secret_tellings
WHERE region = $1 AND account_id = $2 AND name = $3 AND suffix = $4 AND peer_region = $5 AND generation = $6
