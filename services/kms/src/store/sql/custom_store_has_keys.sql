SELECT EXISTS (SELECT 1 FROM keys WHERE region = $1 AND account_id = $2 AND custom_key_store_id = $3)
