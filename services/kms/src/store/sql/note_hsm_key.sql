INSERT INTO hsm_keys_to_destroy (region, account_id, custom_key_store_id, key_id, not_before)
VALUES ($1, $2, $3, $4, clock_timestamp() + make_interval(secs => $5))
ON CONFLICT (region, account_id, key_id) DO UPDATE SET not_before = excluded.not_before
