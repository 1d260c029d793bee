SELECT account_id, account_name, status, created_at
FROM accounts
WHERE account_id COLLATE "C" > $1
ORDER BY account_id COLLATE "C"
LIMIT $2
