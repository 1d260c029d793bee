SELECT v.document
FROM managed_policies p
JOIN managed_policy_versions v ON v.policy_arn = p.policy_arn AND v.version_id = p.default_version
WHERE p.policy_arn = $1
