SELECT kind, account_id, identity_id, name, path
FROM identities
WHERE account_id = $1 AND kind = $2 AND lower(name) COLLATE "C" = lower($3)
