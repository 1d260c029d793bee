INSERT INTO managed_policy_versions (policy_arn, version_id, document, created_at)
VALUES ($1, 'v1', $2, $3)
ON CONFLICT (policy_arn, version_id) DO NOTHING
