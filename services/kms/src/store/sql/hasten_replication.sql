-- It was told, but has changed meanwhile.
UPDATE replications SET due_at = $5, attempts = 0, new_replica = NULL
WHERE region = $1 AND account_id = $2 AND key_id = $3 AND peer_region = $4
