UPDATE replications SET due_at = $4, attempts = attempts + 1
WHERE (region, account_id, key_id, peer_region) = (
    SELECT region, account_id, key_id, peer_region FROM replications
    WHERE region = $1 AND peer_region = $2 AND due_at <= $3
    ORDER BY due_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING account_id, key_id, attempts
