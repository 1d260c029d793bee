UPDATE accounts
SET status = 'Closed'
WHERE account_id = $1 AND status = 'Active'
