UPDATE custom_key_stores
SET connection_state = 'FAILED', connection_error_code = $5
WHERE region = $1 AND account_id = $2 AND custom_key_store_id = $3
  AND connection_state = 'CONNECTED' AND connection_attempt = $4
