SELECT policy_arn
FROM managed_policies
WHERE (account_id = $1 OR account_id IS NULL) AND policy_arn = $2
-- It stays until the transaction ends.
FOR KEY SHARE
