UPDATE custom_key_stores
SET connection_state = $5, connection_error_code = $6, claimed_until = NULL
WHERE region = $1 AND account_id = $2 AND custom_key_store_id = $3
  AND connection_state = 'CONNECTING' AND connection_attempt = $4
