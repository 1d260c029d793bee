SELECT p.policy_name, p.policy_arn, v.document
FROM managed_policies p
JOIN managed_policy_versions v ON v.policy_arn = p.policy_arn AND v.version_id = p.default_version
WHERE p.policy_arn = ANY ($2) AND (p.account_id = $1 OR p.account_id IS NULL)
ORDER BY p.policy_arn
