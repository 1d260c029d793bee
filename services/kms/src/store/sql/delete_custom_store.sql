DELETE FROM custom_key_stores
WHERE region = $1 AND account_id = $2 AND custom_key_store_id = $3
