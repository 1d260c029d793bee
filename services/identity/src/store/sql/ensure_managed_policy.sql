INSERT INTO managed_policies
    (policy_arn, policy_id, policy_name, description, path, default_version, created_at, updated_at)
VALUES ($1, $2, $3, $4, '/', 'v1', $5, $5)
ON CONFLICT (policy_arn) DO UPDATE SET description = excluded.description
WHERE managed_policies.description IS DISTINCT FROM excluded.description
