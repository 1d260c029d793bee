SELECT account_id, key_id, grant_id, name, grantee_principal, retiring_principal, issuing_account, operations,
       context_equals, context_subset, created_at
FROM grants
WHERE region = $1 AND retiring_principal = $2 AND (account_id, key_id, grant_id) > ($3, $4, $5)
ORDER BY account_id, key_id, grant_id
LIMIT $6
