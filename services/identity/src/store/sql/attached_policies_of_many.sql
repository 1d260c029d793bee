SELECT a.identity_id, p.policy_name, p.policy_arn, v.document
FROM attached_policies a
JOIN managed_policies p USING (policy_arn)
JOIN managed_policy_versions v ON v.policy_arn = p.policy_arn AND v.version_id = p.default_version
WHERE a.identity_id = ANY ($1)
ORDER BY p.policy_name COLLATE "C", p.policy_arn COLLATE "C"
