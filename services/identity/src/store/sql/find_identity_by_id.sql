SELECT i.kind, i.account_id, i.identity_id, i.name, i.path
FROM identities i
JOIN accounts a ON a.account_id = i.account_id
WHERE i.identity_id = $1 AND a.status = 'Active'
