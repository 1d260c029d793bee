INSERT INTO managed_policies
    (policy_arn, policy_id, account_id, policy_name, path, default_version, description, tags, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
