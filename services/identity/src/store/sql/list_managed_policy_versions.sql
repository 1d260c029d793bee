SELECT v.policy_arn, v.version_id, v.document, v.created_at, v.version_id = p.default_version AS is_default
FROM managed_policy_versions v
JOIN managed_policies p USING (policy_arn)
WHERE v.policy_arn = ANY ($1)
ORDER BY v.policy_arn, length(v.version_id) DESC, v.version_id COLLATE "C" DESC
