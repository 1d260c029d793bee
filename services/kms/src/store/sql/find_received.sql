SELECT version, made FROM replications_received
WHERE region = $1 AND account_id = $2 AND key_id = $3 AND peer_region = $4
FOR UPDATE
