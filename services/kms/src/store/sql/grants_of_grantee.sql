SELECT grant_id, name, grantee_principal, retiring_principal, issuing_account, operations, context_equals, context_subset,
       created_at
FROM grants
WHERE region = $1 AND account_id = $2 AND key_id = $3 AND grantee_principal = $4
ORDER BY grant_id
