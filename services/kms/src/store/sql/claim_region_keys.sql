SELECT public_key, domain_key_id, wrapped, region FROM region_keys
WHERE domain_key_id = $1
ORDER BY region
FOR UPDATE SKIP LOCKED
