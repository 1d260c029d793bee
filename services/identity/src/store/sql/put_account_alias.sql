INSERT INTO account_aliases (alias, account_id)
VALUES ($2, $1)
ON CONFLICT (account_id) DO UPDATE SET alias = excluded.alias
