SELECT region, account_id, custom_key_store_id, credential
FROM custom_key_stores
WHERE domain_key_id = $1
FOR UPDATE SKIP LOCKED
