INSERT INTO accounts (account_id, account_name, status, created_at)
VALUES ($1, $2, 'Active', $3)
ON CONFLICT (account_id) DO NOTHING
