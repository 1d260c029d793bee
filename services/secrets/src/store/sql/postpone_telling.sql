UPDATE secret_tellings SET due_at = $6
WHERE region = $1 AND account_id = $2 AND name = $3 AND suffix = $4 AND peer_region = $5
