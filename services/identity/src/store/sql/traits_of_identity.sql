SELECT i.tags, p.policy_name AS boundary_name, p.policy_arn AS boundary_arn, v.document AS boundary_document
FROM identities i
LEFT JOIN managed_policies p ON p.policy_arn = i.boundary_arn
LEFT JOIN managed_policy_versions v ON v.policy_arn = p.policy_arn AND v.version_id = p.default_version
WHERE i.identity_id = $1
