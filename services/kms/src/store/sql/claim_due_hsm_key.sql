SELECT d.account_id, d.custom_key_store_id, d.key_id
FROM hsm_keys_to_destroy d
JOIN custom_key_stores s USING (region, account_id, custom_key_store_id)
WHERE d.region = $1 AND d.not_before <= clock_timestamp() AND s.connection_state = 'CONNECTED'
  AND NOT EXISTS (SELECT 1 FROM keys k WHERE k.region = d.region AND k.account_id = d.account_id AND k.key_id = d.key_id)
ORDER BY d.not_before
LIMIT 1
FOR UPDATE OF d SKIP LOCKED
