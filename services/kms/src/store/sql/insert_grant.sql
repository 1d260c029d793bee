INSERT INTO grants (region, account_id, key_id, grant_id, name, grantee_principal, retiring_principal, issuing_account,
                    operations, context_equals, context_subset, created_at, request_digest)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
