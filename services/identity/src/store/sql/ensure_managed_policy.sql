INSERT INTO managed_policies (policy_arn, policy_id, policy_name, path, default_version, created_at, updated_at)
VALUES ($1, $2, $3, '/', 'v1', $4, $4)
ON CONFLICT (policy_arn) DO NOTHING
