INSERT INTO managed_policy_versions (policy_arn, version_id, document, created_at)
VALUES ($1, $2, $3, $4)
