UPDATE secret_tellings SET due_at = $4, attempts = attempts + 1
WHERE (region, account_id, name, suffix, peer_region) = (
    SELECT region, account_id, name, suffix, peer_region FROM secret_tellings
    WHERE region = $1 AND peer_region = $2 AND due_at <= $3
    ORDER BY due_at
    LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING account_id, name, suffix, attempts
