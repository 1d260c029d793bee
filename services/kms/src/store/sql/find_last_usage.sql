SELECT operation, used_at, event_id, request_id FROM key_last_usage
WHERE region = $1 AND account_id = $2 AND key_id = $3
