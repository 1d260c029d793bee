UPDATE hsm_keys_to_destroy d
SET not_before = clock_timestamp() + make_interval(secs => $4)
FROM (
    SELECT region, account_id, key_id
    FROM hsm_keys_to_destroy
    WHERE region = $1 AND account_id = $2 AND custom_key_store_id = $3 AND not_before <= clock_timestamp()
    FOR UPDATE SKIP LOCKED
) due
WHERE d.region = due.region AND d.account_id = due.account_id AND d.key_id = due.key_id
