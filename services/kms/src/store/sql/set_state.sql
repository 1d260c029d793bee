UPDATE keys SET key_state = $4, deletion_date = $5, pending_window_days = $6
WHERE region = $1 AND account_id = $2 AND key_id = $3
