SELECT grant_id, name, grantee_principal, retiring_principal, issuing_account, operations, context_equals, context_subset,
       created_at
FROM grants
WHERE region = $1 AND account_id = $2 AND key_id = $3 AND ($4::bytea IS NULL OR grant_id = $4)
  AND ($5::text IS NULL OR grantee_principal = $5) AND grant_id > $6
ORDER BY grant_id
LIMIT $7
