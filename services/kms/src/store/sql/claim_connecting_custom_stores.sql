UPDATE custom_key_stores s
SET claimed_until = clock_timestamp() + make_interval(secs => $2)
FROM (
    SELECT region, account_id, custom_key_store_id, claimed_until IS NOT NULL AS again
    FROM custom_key_stores
    WHERE region = $1 AND connection_state = 'CONNECTING'
      AND (claimed_until IS NULL OR claimed_until < clock_timestamp())
    FOR UPDATE SKIP LOCKED
) due
WHERE s.region = due.region AND s.account_id = due.account_id AND s.custom_key_store_id = due.custom_key_store_id
RETURNING s.account_id, s.custom_key_store_id, s.connection_attempt, due.again
