UPDATE custom_key_stores
SET connection_state = $4, connection_error_code = NULL, claimed_until = NULL,
    connection_attempt = connection_attempt + 1
WHERE region = $1 AND account_id = $2 AND custom_key_store_id = $3
