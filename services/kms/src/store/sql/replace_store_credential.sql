UPDATE custom_key_stores
SET domain_key_id = $4, credential = $5
WHERE region = $1 AND account_id = $2 AND custom_key_store_id = $3
