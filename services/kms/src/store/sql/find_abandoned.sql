SELECT account_id, key_id FROM keys
WHERE region = $1 AND key_state = 'Creating' AND created_at <= $2
ORDER BY created_at
LIMIT 100
